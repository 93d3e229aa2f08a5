//! Files of very many small parts: what takes the square of their number, or nests as deep, shows here.

use std::time::Instant;

use libtest_mimic::Trial;
use unet_lab_data::datasets::Manifest;
use unet_lab_data::formats::{Limits, decode};
use unet_lab_data::masks::{Coco, Outlines, nodules};

use super::guard::{Guard, caught, measured};
use super::parts::mend;
use super::seeds;

const MANY: usize = 100_000;
/// A hundred times what the slowest takes.
const SECONDS: u64 = 8;
const BYTES: usize = 200 << 20;

pub fn trials() -> Vec<Trial> {
    let all: [(&str, fn()); 10] = [
        ("fields of MetaImage", || file(&meta_image())),
        ("fields of NRRD", || file(&nrrd())),
        ("chunks of PNG", || file(&png())),
        ("pictures of GIF", || file(&gif())),
        ("pages of TIFF", || file(&tiff())),
        ("comments of PNM", || {
            file(&[b"P2\n", &b"#\n".repeat(MANY)[..], b"1 1 1 1"].concat())
        }),
        ("attributes in XML", attributes),
        ("regions of a long name in XML", regions),
        ("brackets", brackets),
        ("columns of CSV", || drop(nodules::parse(&"coordX,".repeat(MANY)))),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(format!("very many {name}"), move || {
            let _guard = Guard::new();
            let start = Instant::now();
            let (result, taken) = measured(|| caught(test));
            let seconds = start.elapsed().as_secs();
            match result {
                Ok(()) if seconds < SECONDS && taken < BYTES => Ok(()),
                Ok(()) => Err(format!("{seconds} s, {taken} bytes").into()),
                Err(fault) => Err(fault.into()),
            }
        })
    };
    all.into_iter().map(trial).collect()
}

/// What the file is read as does not matter.
fn file(bytes: &[u8]) {
    let _ = decode(bytes, Limits::default(), &|_| unreachable!());
}

fn meta_image() -> Vec<u8> {
    let fields: String = (0..MANY).map(|i| format!("{i:x}=\n")).collect();
    format!("NDims = 3\n{fields}ElementDataFile = LOCAL\n").into_bytes()
}

fn nrrd() -> Vec<u8> {
    let fields: String = (0..MANY).map(|i| format!("{i:x}: 1\n{i:x}:=1\n")).collect();
    format!("NRRD0004\n{fields}\n").into_bytes()
}

fn png() -> Vec<u8> {
    let file = seed("palette8.png");
    let chunk = [&[0; 4][..], b"teXt", &[0; 4]].concat();
    let mut long = [&file[..33], &chunk.repeat(MANY), &file[33..]].concat();
    mend(&mut long);
    long
}

/// Each picture has a palette of its own.
fn gif() -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\0\x01\0\0\0\0".to_vec();
    for i in 0..5 * MANY as u32 {
        let [low, high, ..] = i.to_le_bytes();
        bytes.extend([
            0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80, low, high, 0, 1, 2, 3, 2, 2, 0x44, 1, 0,
        ]);
    }
    bytes.push(0x3b);
    bytes
}

/// All pages have the same pixels.
fn tiff() -> Vec<u8> {
    let file = seed("grey8.tif");
    let start = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(file[start..start + 2].try_into().unwrap()));
    let directory = file[start..start + 2 + 12 * entries].to_vec();
    let mut long = file;
    for _ in 0..MANY / 10 {
        let here = (long.len() as u32).to_le_bytes();
        let end = long.len() - 4;
        long.splice(end.., here);
        long.extend(&directory);
        long.extend([0; 4]);
    }
    let first = (seed("grey8.tif").len() as u32).to_le_bytes();
    long[4..8].copy_from_slice(&first);
    long
}

fn seed(name: &str) -> Vec<u8> {
    seeds::from_hex(&seeds::fixture("pictures.json")[name]["bytes"])
}

fn attributes() {
    let many: String = (0..MANY).map(|i| format!(" a{i:x}=\"\"")).collect();
    let text = format!("<Annotation{many}><Region{many}/></Annotation>");
    assert!(Outlines::parse(text.as_bytes()).is_ok());
}

/// Each would have a copy of the name.
fn regions() {
    let region = r#"<Region><Vertex X="1" Y="1"/><Vertex X="9" Y="1"/><Vertex X="9" Y="9"/></Region>"#;
    let text = format!(
        "<Annotation Name=\"{}\">{}</Annotation>",
        "a".repeat(MANY),
        region.repeat(MANY / 10)
    );
    assert!(Outlines::parse(text.as_bytes()).is_err());
}

/// Deeper than any stack.
fn brackets() {
    for (open, close) in [("[", "]"), ("{\"images\":", "}"), ("{\"a\":", "}")] {
        for text in [open.repeat(MANY), open.repeat(MANY) + &close.repeat(MANY)] {
            assert!(Coco::parse(text.as_bytes()).is_err());
            assert!(Coco::parse(format!("{{\"images\": [], \"annotations\": {text}}}").as_bytes()).is_err());
        }
    }
    let dotted = format!("{}a = 1\n", "a.".repeat(MANY / 10));
    for text in [
        format!("id = {}", "[".repeat(MANY)),
        format!("id = {}", "{a=".repeat(MANY)),
        dotted.clone(),
        format!("[{dotted}]"),
    ] {
        assert!(Manifest::parse(&text).is_err());
    }
    let _ = Outlines::parse("<Annotation>".repeat(MANY).as_bytes());
}
