//! Small files that would become large: what no random damage makes.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use libtest_mimic::Trial;
use std::io::{Read, Write};
use unet_lab_data::formats::{FormatError, Limits, decode};
use unet_lab_data::masks::{Coco, Outlines};

use super::guard::{Guard, measured};
use super::seeds::{self, Files, fixture, from_hex};

/// What decoders need whatever the file: windows, tables and one chunk.
const FIXED: usize = 1 << 20;

pub fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            let _guard = Guard::new();
            super::guard::caught(test).map_err(Into::into)
        })
    };
    vec![
        trial("bombs of zeros do not go off", zeros),
        trial("many objects take one picture", many_objects),
        #[cfg(feature = "fetch")]
        trial("a tar's headers are bounded", archives::long_headers),
    ]
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut contents = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut contents).unwrap();
    contents
}

/// Packed files of 4 MiB of zeros, each a few kilobytes long, and the same with a header that claims 1 GiB.
fn bombs() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let zeros = vec![0; 4 << 20];
    let samples = seeds::volumes();
    let header = |shape: [i16; 3]| {
        let is_packed = |sample: &&Files| sample.name == "nifti packed";
        let mut header = unpacked(&samples.iter().find(is_packed).unwrap().first);
        header.truncate(352);
        header[42..48].copy_from_slice(shape.map(i16::to_le_bytes).as_flattened());
        header[70] = 2;
        header
    };
    let nifti = |shape| packed(&[&header(shape)[..], &zeros].concat());
    let text = |header: &str, shape: &str| [header.replace("SHAPE", shape).as_bytes(), &packed(&zeros)].concat();
    let meta = "NDims = 3\nDimSize = SHAPE\nElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = LOCAL\n";
    let nrrd = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: SHAPE\nencoding: gzip\n\n";
    let (honest, claim) = ("256 256 64", "8192 8192 16");
    let npz = from_hex(&fixture("volumes.json")["npz_of_zeros"]);
    vec![
        ("NIfTI", nifti([256, 256, 64]), nifti([8192, 8192, 16])),
        ("MetaImage", text(meta, honest), text(meta, claim)),
        ("NRRD", text(nrrd, honest), text(nrrd, claim)),
        ("npz", npz.clone(), npz[..npz.len() / 2].to_vec()),
    ]
}

fn zeros() {
    for (name, honest, claim) in bombs() {
        let run = |bytes: &[u8], limits: Limits| {
            measured(|| decode(bytes, limits, &|_| unreachable!()).map(|file| file.samples.len()))
        };
        let (result, taken) = run(&honest, Limits::with_bytes((4 << 20) - 1));
        let is_refused = matches!(result, Err(FormatError::TooLarge { needed: 4_194_304, .. }));
        assert!(is_refused && taken < FIXED, "{name}: {result:?}, {taken} bytes");
        let (result, taken) = run(&honest, Limits::with_bytes(4 << 20));
        let is_read = result == Ok(4 << 20);
        assert!(
            is_read && taken < (4 << 20) + FIXED,
            "{name}: {result:?}, {taken} bytes"
        );
        let (result, taken) = run(&claim, Limits::default());
        let is_bounded = taken < 1032 * claim.len() + FIXED;
        assert!(result.is_err() && is_bounded, "{name}: {result:?}, {taken} bytes");
        assert!(honest.len() < 40_000, "{name} is no bomb: {}", honest.len());
    }
}

/// Two hundred objects on a picture of half a million pixels, in 14 kB of text.
fn many_objects() {
    let object = r#"{"image_id": 1, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]]}"#;
    let objects = vec![object; 200].join(", ");
    let coco = format!(
        r#"{{"images": [{{"id": 1, "file_name": "a", "width": 700, "height": 700}}], "annotations": [{objects}]}}"#
    );
    let coco = Coco::parse(coco.as_bytes()).unwrap();
    let (instances, taken) = measured(|| coco.instances(&coco.images[0], None));
    assert_eq!(instances.unwrap().lost.len(), 199);
    assert!(taken < 10 << 20, "{taken} bytes");
    let outline = r#"<Region><Vertex X="1" Y="1"/><Vertex X="9" Y="1"/><Vertex X="9" Y="9"/></Region>"#;
    let outlines = format!("<Annotation>{}</Annotation>", outline.repeat(200));
    let outlines = Outlines::parse(outlines.as_bytes()).unwrap();
    let (instances, taken) = measured(|| (outlines.mask(700, 700), outlines.instances(700, 700)));
    assert_eq!(instances.1.unwrap().lost.len(), 199);
    assert!(taken < 10 << 20, "{taken} bytes");
}

#[cfg(feature = "fetch")]
mod archives {
    use tar::{EntryType, Header};
    use unet_lab_data::archive::{ArchiveError, ArchiveLimits, unpack};
    use unet_lab_data::datasets::Packing;

    use super::super::place::Place;
    use super::{measured, packed};

    /// A name, a link's name and attributes of 64 MiB each, in archives of a few hundred kilobytes.
    pub fn long_headers() {
        let place = Place::new();
        for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
            let mut header = Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(64 << 20);
            header.set_cksum();
            let long = [&header.as_bytes()[..], &vec![b'a'; 64 << 20]].concat();
            let folder = place.fresh();
            let archive = folder.join("a.tar.gz");
            std::fs::write(&archive, packed(&long)).unwrap();
            drop(long);
            let unpacked = || {
                unpack(
                    &archive,
                    Packing::TarGz,
                    &folder.join("into"),
                    ArchiveLimits::default(),
                    &|_| true,
                )
            };
            let (result, taken) = measured(unpacked);
            assert!(matches!(result, Err(ArchiveError::Damaged(_))), "{kind:?}: {result:?}");
            assert!(taken < 8 << 20, "{kind:?}: {taken} bytes");
        }
    }
}
