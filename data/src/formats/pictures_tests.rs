//! Every kind of picture against the numbers that Pillow and tifffile read, and hostile files.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Decoded, Format, FormatError, Limits, decode};

#[derive(Deserialize)]
struct Case {
    bytes: String,
    shape: Vec<usize>,
    r#type: String,
    values: Vec<f64>,
    full_scale: Option<f64>,
    palette: Option<Vec<u8>>,
    spacing: Option<[f64; 3]>,
    #[serde(default)]
    colours: bool,
    /// Decoders of JPEG differ by a few levels.
    #[serde(default)]
    tolerance: f64,
}

fn cases() -> Vec<(String, Vec<u8>, Case)> {
    let all: BTreeMap<String, Case> = serde_json::from_str(include_str!("../../tests/fixtures/pictures.json")).unwrap();
    let bytes = |text: &str| {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    };
    all.into_iter()
        .map(|(name, case)| (name, bytes(&case.bytes), case))
        .collect()
}

fn decoded(bytes: &[u8]) -> Result<Decoded, FormatError> {
    decode(bytes, Limits::default(), &|_| panic!("a picture names no other file"))
}

#[test]
fn every_kind_has_the_numbers_that_pillow_and_tifffile_read() {
    let all = cases();
    assert!(all.len() > 50);
    for (name, bytes, case) in all {
        let found = decoded(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut numbers = Vec::new();
        found.samples.each_as_f64(|value| numbers.push(value));
        if let (true, Some(palette)) = (case.colours, &found.palette) {
            // Pillow gave colours of every frame: indices -> colours, [frame, channel, row, column].
            let area = found.size[1] * found.size[2];
            let colour = |i: usize| palette[numbers[i / (3 * area) * area + i % area] as usize][i / area % 3];
            numbers = (0..numbers.len() * 3).map(|i| f64::from(colour(i))).collect();
        } else {
            assert_eq!(found.shape(), case.shape, "{name}");
            assert_eq!(found.sample_type().to_string(), case.r#type, "{name}");
        }
        let furthest = numbers
            .iter()
            .zip(&case.values)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(
            numbers.len() == case.values.len() && furthest <= case.tolerance,
            "{name}: off by {furthest}"
        );
        assert_eq!(found.full_scale, case.full_scale, "{name}");
        match case.palette {
            Some(palette) => {
                let found = found.palette.as_ref().unwrap().as_flattened().to_vec();
                let used = palette.len().min(12);
                assert_eq!(found[..used], palette[..used], "{name}");
            }
            None => assert!(found.palette.is_none() || case.colours, "{name}"),
        }
        match case.spacing {
            Some(spacing) => {
                let near = found
                    .geometry
                    .spacing()
                    .iter()
                    .zip(spacing)
                    .all(|(a, b)| (a / b - 1.0).abs() < 1e-6);
                assert!(found.states_spacing && near, "{name}: {:?}", found.geometry.spacing());
            }
            None => assert!(!found.states_spacing, "{name}"),
        }
    }
}

#[test]
fn a_file_that_is_cut_off_is_an_error() {
    for (name, bytes, _) in cases() {
        // The end of a PNG or GIF holds no pixels; half a file is half a picture.
        let half = &bytes[..bytes.len() / 2];
        assert!(decoded(half).is_err(), "{name}");
        for length in 0..bytes.len().min(40) {
            assert!(decoded(&bytes[..length]).is_err(), "{name} cut to {length}");
        }
    }
}

#[test]
fn a_small_file_cannot_claim_a_large_picture() {
    for (name, bytes, _) in cases() {
        let mut bomb = bytes.clone();
        let at = match name.rsplit_once('.').unwrap().1 {
            // Width and height of 65535, the rest as it was; the checksum of a PNG's header is left wrong on purpose.
            "gif" => 6..10,
            "bmp" => 18..26,
            _ => continue,
        };
        for (byte, value) in bomb[at]
            .iter_mut()
            .zip([0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0].iter().cycle())
        {
            *byte = if name.ends_with("gif") { 0xff } else { *value };
        }
        let error = decoded(&bomb).unwrap_err();
        assert!(
            matches!(error, FormatError::Truncated { .. } | FormatError::TooLarge { .. }),
            "{name}: {error}"
        );
    }
    let mut png = Vec::new();
    let mut writer = ::png::Encoder::new(&mut png, 1, 1);
    writer.set_color(::png::ColorType::Grayscale);
    writer.write_header().unwrap().write_image_data(&[0]).unwrap();
    let mut header = png[12..29].to_vec();
    header[4..12].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let mut checksum = flate2::Crc::new();
    checksum.update(&header);
    png[12..29].copy_from_slice(&header);
    png[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    assert!(
        matches!(decoded(&png), Err(FormatError::Truncated { .. })),
        "{:?}",
        decoded(&png).err()
    );
    for header in [
        "P5 65535 65535 255\n",
        "P2 65535 65535 255\n",
        "P1 4000000000 4000000000\n",
    ] {
        let error = decoded(header.as_bytes()).unwrap_err();
        assert!(
            matches!(error, FormatError::Truncated { .. } | FormatError::TooLarge { .. }),
            "{error}"
        );
    }
}

#[test]
fn a_small_limit_is_kept() {
    for (name, bytes, _) in cases() {
        let error = decode(&bytes, Limits::with_bytes(20), &|_| unreachable!()).unwrap_err();
        assert!(matches!(error, FormatError::TooLarge { .. }), "{name}: {error}");
    }
}

#[test]
fn pages_in_a_circle_are_refused() {
    let (_, mut bytes, _) = cases().into_iter().find(|(name, ..)| name == "grey8.tif").unwrap();
    let start = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let entries = u16::from_le_bytes(bytes[start..start + 2].try_into().unwrap()) as usize;
    let next = start + 2 + 12 * entries;
    bytes[next..next + 4].copy_from_slice(&(start as u32).to_le_bytes());
    let error = decoded(&bytes).unwrap_err().to_string();
    assert!(error.contains("circle"), "{error}");
}

#[test]
fn a_directory_cannot_claim_more_values_than_the_file_holds() {
    let (_, mut bytes, _) = cases().into_iter().find(|(name, ..)| name == "grey8.tif").unwrap();
    let start = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    // The third entry is that of the bits, a 16-bit number: 200 million of them.
    let entry = start + 2 + 2 * 12;
    assert_eq!(bytes[entry..entry + 4], [2, 1, 3, 0]);
    bytes[entry + 4..entry + 8].copy_from_slice(&200_000_000u32.to_le_bytes());
    assert!(matches!(
        decoded(&bytes),
        Err(FormatError::Truncated {
            expected: 400_000_000,
            ..
        })
    ));
}

#[test]
fn an_index_without_a_colour_is_refused() {
    let mut png = Vec::new();
    let mut writer = ::png::Encoder::new(&mut png, 2, 1);
    writer.set_color(::png::ColorType::Indexed);
    writer.set_palette(vec![0; 6]);
    writer.write_header().unwrap().write_image_data(&[1, 2]).unwrap();
    let error = decoded(&png).unwrap_err().to_string();
    assert!(error.contains("colour 2 of the palette, which has 2"), "{error}");
}

#[test]
fn a_packed_picture_is_unpacked() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"P2 2 1 9 4 5").unwrap();
    let found = decoded(&packed.finish().unwrap()).unwrap();
    assert_eq!(
        (found.format, found.samples.get(1), found.full_scale),
        (Format::Pnm, 5.0, Some(9.0))
    );
}

#[test]
fn a_jpeg_without_its_end_is_cut_off() {
    let mut bytes = Vec::new();
    let grey = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([(x * 3 + y) as u8]));
    grey.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Jpeg)
        .unwrap();
    let found = decoded(&bytes).unwrap();
    assert_eq!((found.format, found.shape()), (Format::Jpeg, vec![64, 64]));
    assert!((found.samples.get(64 * 10 + 20) - 70.0).abs() < 8.0);
    for length in [bytes.len() - 2, bytes.len() / 2, 30] {
        let error = decoded(&bytes[..length]).unwrap_err();
        assert!(matches!(error, FormatError::Truncated { .. }), "{error}");
    }
}
