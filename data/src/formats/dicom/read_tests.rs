use dicom_core::value::PrimitiveValue;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::decode;
use super::elements::Elements as _;
use super::made_up::{bytes, bytes_as, slice, without};
use crate::formats::{Decoded, FormatError, Limits, Samples};

fn read(bytes: &[u8]) -> Result<Decoded, FormatError> {
    decode(bytes, Limits::with_bytes(1 << 20), &|_| {
        Err(FormatError::System("no companion".into()))
    })
}

fn read_object(object: InMemDicomObject) -> Result<Decoded, FormatError> {
    read(&bytes(object))
}

fn upright() -> InMemDicomObject {
    slice(0, [1.0, 2.0, 3.0], -2)
}

fn with_pixels(object: InMemDicomObject, vr: VR, bytes: &[u8]) -> InMemDicomObject {
    object.with(tags::PIXEL_DATA, vr, bytes.into())
}

#[test]
fn every_encoding_gives_the_same_numbers() {
    for syntax in ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"] {
        let file = bytes_as(upright(), syntax);
        let decoded = read(&file).unwrap();
        assert_eq!(decoded.samples, Samples::I16(vec![-2, -1, 0, 1, 2, 3]));
        assert_eq!((decoded.slope, decoded.intercept), (1.0, -1024.0));
        assert_eq!(decoded.geometry.spacing(), [3.0, 0.7, 0.5]);
        assert_eq!(decoded.geometry.origin(), [1.0, 2.0, 3.0]);
        assert!(!decoded.volumetric && decoded.states_spacing);
        assert!(!format!("{:?}", decoded.notes).contains("Made"), "the patient");
        // Without preamble, and without file meta information.
        assert!(super::recognises(&file[132..]));
        assert_eq!(read(&file[132..]).unwrap().samples, decoded.samples);
        let meta = 12 + u32::from_le_bytes(file[140..144].try_into().unwrap()) as usize;
        let bare = &file[132 + meta..];
        assert!(super::recognises(bare), "{syntax}");
        assert_eq!(read(bare).unwrap().samples, decoded.samples, "{syntax}");
    }
    assert!(!super::recognises(b"\x5c\x01\0\0NIfTI") && !super::recognises(&[0; 200]));
}

#[test]
fn stored_bits_are_taken_out_of_the_allocated_ones() {
    let twelve = upright()
        .with_number(tags::BITS_STORED, 12)
        .with_number(tags::HIGH_BIT, 11);
    // Overlay bits above, which are no part of the number.
    let words: Vec<u8> = [0xf001u16, 0x1fff, 0x0800, 0x07ff, 0, 0xf000]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let decoded = read_object(with_pixels(twelve.clone(), VR::OW, &words)).unwrap();
    assert_eq!(decoded.samples, Samples::I16(vec![1, -1, -2048, 2047, 0, 0]));
    let unsigned = with_pixels(twelve.clone(), VR::OW, &words).with_number(tags::PIXEL_REPRESENTATION, 0);
    assert_eq!(
        read_object(unsigned).unwrap().samples,
        Samples::U16(vec![1, 4095, 2048, 2047, 0, 0])
    );
    let high = with_pixels(twelve, VR::OW, &words).with_number(tags::HIGH_BIT, 15);
    assert_eq!(
        read_object(high).unwrap().samples,
        Samples::I16(vec![-256, 511, 128, 127, 0, -256])
    );
}

#[test]
fn colour_comes_plane_by_plane_however_it_is_stored() {
    let colour = |planar: u16, photometric: &str, pixels: &[u8]| {
        let object = upright()
            .with_number(tags::SAMPLES_PER_PIXEL, 3)
            .with_number(tags::PLANAR_CONFIGURATION, planar)
            .with_text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric)
            .with_number(tags::ROWS, 1)
            .with_number(tags::COLUMNS, 2)
            .with_number(tags::BITS_ALLOCATED, 8)
            .with_number(tags::BITS_STORED, 8)
            .with_number(tags::HIGH_BIT, 7)
            .with_number(tags::PIXEL_REPRESENTATION, 0);
        read_object(with_pixels(object, VR::OB, pixels)).unwrap()
    };
    let expected = Samples::U8(vec![1, 4, 2, 5, 3, 6]);
    let decoded = colour(0, "RGB", &[1, 2, 3, 4, 5, 6]);
    assert_eq!((&decoded.samples, decoded.channels), (&expected, 3));
    assert_eq!(colour(1, "RGB", &[1, 4, 2, 5, 3, 6]).samples, expected);
    let grey = Samples::U8(vec![9, 8, 9, 8, 9, 8]);
    assert_eq!(colour(0, "YBR_FULL", &[9, 128, 128, 8, 128, 128]).samples, grey);
    assert_eq!(colour(0, "YBR_FULL_422", &[9, 8, 128, 128]).samples, grey);
}

#[test]
fn a_palette_is_kept_beside_the_numbers() {
    let table = |object: InMemDicomObject, descriptor: Tag, data: Tag, levels: [u16; 2]| {
        object
            .with(
                descriptor,
                VR::US,
                PrimitiveValue::U16([2, 1, 16].into_iter().collect()),
            )
            .with(data, VR::OW, PrimitiveValue::U16(levels.into_iter().collect()))
    };
    let object = upright().with_text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "PALETTE COLOR");
    let object = table(object, Tag(0x28, 0x1101), Tag(0x28, 0x1201), [0xff00, 0x8000]);
    let object = table(object, Tag(0x28, 0x1102), Tag(0x28, 0x1202), [0, 0x1000]);
    let object = table(object, Tag(0x28, 0x1103), Tag(0x28, 0x1203), [0x0100, 0]);
    let decoded = read_object(object).unwrap();
    // Number 1 is the first that the table names.
    assert_eq!(decoded.palette.unwrap(), [[255, 0, 1], [255, 0, 1], [128, 16, 0]]);
}

#[test]
fn frames_with_places_are_a_volume_and_may_have_scales_of_their_own() {
    let frame = |z: f64, slope: f64| {
        let empty = InMemDicomObject::new_empty;
        let position = empty().with_decimals(tags::IMAGE_POSITION_PATIENT, &[0.0, 0.0, z]);
        let scale = empty()
            .with_decimals(tags::RESCALE_SLOPE, &[slope])
            .with_decimals(tags::RESCALE_INTERCEPT, &[0.0]);
        empty()
            .with_items(tags::PLANE_POSITION_SEQUENCE, vec![position])
            .with_items(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, vec![scale])
    };
    let enhanced = |frames: Vec<InMemDicomObject>| {
        let empty = InMemDicomObject::new_empty;
        let orientation = empty().with_decimals(tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        let measures = empty().with_decimals(tags::PIXEL_SPACING, &[0.7, 0.5]);
        let shared = empty()
            .with_items(tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation])
            .with_items(tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
        let pixels: Vec<u8> = (0..frames.len() as u16)
            .flat_map(|i| (6 * i..6 * i + 6).flat_map(u16::to_le_bytes))
            .collect();
        let object = without(upright(), tags::IMAGE_POSITION_PATIENT)
            .with_text(tags::NUMBER_OF_FRAMES, VR::IS, &frames.len().to_string())
            .with_items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared])
            .with_items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames);
        read_object(with_pixels(object, VR::OW, &pixels)).unwrap()
    };
    let upward = enhanced(vec![frame(4.0, 2.0), frame(6.0, 2.0), frame(8.0, 2.0)]);
    assert_eq!((upward.size, upward.volumetric, upward.slope), ([3, 2, 3], true, 2.0));
    assert_eq!(
        (upward.geometry.spacing(), upward.geometry.origin()),
        ([2.0, 0.7, 0.5], [0.0, 0.0, 4.0])
    );
    let downward = enhanced(vec![frame(8.0, 1.0), frame(6.0, 1.0), frame(4.0, 1.0)]);
    assert_eq!(downward.samples, upward.samples, "the file's order is kept");
    assert_eq!(downward.geometry.point([2.0, 0.0, 0.0]), [0.0, 0.0, 4.0]);
    let mixed = enhanced(vec![frame(6.0, 1.0), frame(4.0, 1.0), frame(8.0, 1.0)]);
    assert_eq!(mixed.samples.get(0), 6.0, "the second frame lies lowest");
    let scaled = enhanced(vec![frame(4.0, 1.0), frame(6.0, 0.5), frame(8.0, 1.0)]);
    assert_eq!(
        (scaled.samples.get(6), scaled.samples.get(12), scaled.slope),
        (3.0, 12.0, 1.0)
    );
    let times = enhanced(vec![frame(4.0, 1.0), frame(4.0, 1.0), frame(6.0, 1.0), frame(6.0, 1.0)]);
    assert_eq!((times.frames, times.size), (2, [2, 2, 3]));
    assert_eq!([0, 6, 12, 18].map(|i| times.samples.get(i)), [0.0, 12.0, 6.0, 18.0]);
    let strewn = enhanced(vec![frame(4.0, 1.0), frame(6.0, 1.0), frame(18.0, 1.0)]);
    assert_eq!((strewn.frames, strewn.volumetric), (3, false));
    assert!(
        strewn
            .notes
            .iter()
            .any(|(_, text)| text.contains("frames 2 and 3 lie 12.000 mm apart, others")),
        "{:?}",
        strewn.notes
    );
}

#[test]
fn a_missing_or_wild_attribute_is_named() {
    let says = |object: InMemDicomObject, expected: &str| {
        let error = read_object(object).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    says(without(upright(), tags::ROWS), "Rows (0028,0010) is missing");
    says(
        without(upright(), tags::BITS_ALLOCATED),
        "BitsAllocated (0028,0100) is missing",
    );
    says(
        without(upright(), tags::PIXEL_REPRESENTATION),
        "PixelRepresentation (0028,0103) is missing",
    );
    says(
        without(upright(), tags::PHOTOMETRIC_INTERPRETATION),
        "PhotometricInterpretation (0028,0004) is missing",
    );
    says(without(upright(), tags::PIXEL_DATA), "PixelData (7FE0,0010) is missing");
    says(
        upright()
            .with_number(tags::BITS_ALLOCATED, 12)
            .with_number(tags::BITS_STORED, 12)
            .with_number(tags::HIGH_BIT, 11),
        "BitsAllocated (0028,0100) of 12",
    );
    says(upright().with_number(tags::BITS_STORED, 17), "17 bits up to bit 15");
    says(
        upright().with_number(tags::SAMPLES_PER_PIXEL, 3),
        "MONOCHROME2 pixels hold 1",
    );
    says(upright().with_number(tags::ROWS, 3), "PixelData needs 18 bytes, but 12");
    says(
        upright()
            .with_number(tags::ROWS, 65535)
            .with_number(tags::COLUMNS, 65535),
        "8589672450 bytes of memory",
    );
    says(
        upright().with_text(tags::NUMBER_OF_FRAMES, VR::IS, "2147483647"),
        "bytes of memory",
    );
    says(
        upright().with_text(tags::NUMBER_OF_FRAMES, VR::IS, "-3"),
        "NumberOfFrames (0028,0008) is -3",
    );
    says(
        upright().with_text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "YBR_PARTIAL_420"),
        "YBR_PARTIAL_420",
    );
    says(
        upright().with_decimals(tags::RESCALE_SLOPE, &[0.0]),
        "RescaleSlope (0028,1053) is 0",
    );
    says(
        upright().with_decimals(tags::PIXEL_SPACING, &[0.5]),
        "PixelSpacing (0028,0030) should hold 2 numbers",
    );
    let file = bytes_as(upright(), "1.2.840.10008.1.2.4.103");
    let error = read(&file).unwrap_err().to_string();
    assert!(
        error.contains("MPEG-4 AVC/H.264") && error.contains("1.2.840.10008.1.2.4.103"),
        "{error}"
    );
}

#[test]
fn every_cut_is_noticed() {
    let file = bytes(upright());
    for length in 0..file.len() {
        assert!(read(&file[..length]).is_err(), "cut at {length}");
    }
    let mut long = file.clone();
    long.extend([0x7f; 5]);
    let decoded = read(&long).unwrap();
    assert!(
        decoded
            .notes
            .iter()
            .any(|(name, text)| name == "oddity" && text.contains("follows the pixel data")),
        "{:?}",
        decoded.notes
    );
}

/// A file whose data set is given byte by byte.
fn hostile(dataset: &[u8]) -> Vec<u8> {
    let file = bytes(upright());
    let meta = 12 + u32::from_le_bytes(file[140..144].try_into().unwrap()) as usize;
    [&file[..132 + meta], dataset].concat()
}

#[test]
fn endless_and_deep_data_sets_are_refused() {
    const SEQUENCE: [u8; 12] = [8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 0xff, 0xff, 0xff, 0xff];
    const ITEM: [u8; 8] = [0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff];
    let deep: Vec<u8> = (0..10_000).flat_map(|_| [&SEQUENCE[..], &ITEM].concat()).collect();
    let error = read(&hostile(&deep)).unwrap_err().to_string();
    assert!(error.contains("128 deep"), "{error}");
    let error = read(&hostile(&[&SEQUENCE[..], &ITEM].concat()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("ReferencedImageSequence (0008,1140) has no end"),
        "{error}"
    );
    // An element of 4 GB in a file of some bytes.
    let huge = [8, 0, 0x40, 0x11, b'O', b'B', 0, 0, 0xf0, 0xff, 0xff, 0xff, 1, 2];
    assert!(matches!(
        read(&hostile(&huge)),
        Err(FormatError::Truncated {
            expected: 0xffff_fff0,
            found: 2,
            ..
        })
    ));
    // Ends that never began, which a parser may stumble over.
    let end = [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0];
    let item = [0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0];
    assert!(read(&hostile(&[&end[..], &item].concat())).is_err());
    assert!(read(&hostile(&[&SEQUENCE[..], &end, &end, &item].concat())).is_err());
    // Empty items by the thousand take more memory than bytes.
    let many: Vec<u8> = SEQUENCE.into_iter().chain((0..10_000).flat_map(|_| item)).collect();
    assert!(matches!(read(&hostile(&many)), Err(FormatError::TooLarge { .. })));
}
