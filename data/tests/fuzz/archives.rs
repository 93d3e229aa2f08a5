//! Targets: archives. Nothing may land outside of the folder, no link, and no more than the limits allow.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use unet_lab_data::archive::{ArchiveLimits, unpack};
use unet_lab_data::datasets::Packing;
use unet_lab_data::fetch::read_index;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::containers;
use super::engine::{Meter, Target};
use super::place::Place;
use super::seeds::{self, Files};

const LIMITS: ArchiveLimits = ArchiveLimits {
    entries: 100,
    bytes: 4 << 20,
    ratio: 20,
    free_bytes: 1 << 20,
};
/// Buffers, windows, names and the directory of a zip file.
const ALLOWED: usize = 6 << 20;

pub fn targets() -> Vec<Target> {
    let kinds = [
        ("zip", 8, Packing::Zip, zips()),
        ("tar", 6, Packing::Tar, tars()),
        ("tar.gz", 6, Packing::TarGz, tars().into_iter().map(gzipped).collect()),
        ("tar of gz", 4, Packing::TarOfGz, vec![tar_of_gz()]),
        ("gz", 3, Packing::Gz, gzips()),
    ];
    let mut targets = Vec::new();
    for (name, weight, packing, seeds) in kinds {
        let place = Place::new();
        targets.push(Target {
            name,
            weight,
            seeds,
            damage: containers::mutate,
            read: Box::new(move |files, meter| read(&place, packing, files, meter)),
        });
    }
    let place = Place::new();
    targets.push(Target {
        name: "bundle",
        weight: 2,
        seeds: vec![bundle()],
        damage: containers::mutate,
        read: Box::new(move |files, meter| {
            let path = place.fresh().join("bundle.tar");
            fs::write(&path, &files.first).unwrap();
            meter.within(ALLOWED, || {
                read_index(&path).map_err(|problem| problem.to_string()).is_ok()
            })
        }),
    });
    targets
}

const CONTENTS: [(&str, &[u8]); 4] = [
    ("images/a.txt", b"one one one one one one one one"),
    ("images/b c.txt", b"two"),
    ("masks/a.txt", &[0; 1500]),
    ("empty", b""),
];

fn zip_of(options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("images", options).unwrap();
    for (name, contents) in CONTENTS {
        writer.start_file(name, options).unwrap();
        writer.write_all(contents).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn zips() -> Vec<Files> {
    let options = SimpleFileOptions::default();
    let mut linked = ZipWriter::new(Cursor::new(Vec::new()));
    linked.add_symlink("link", "/etc", options).unwrap();
    linked.start_file("link/passwd", options).unwrap();
    vec![
        Files::new("deflated", zip_of(options)),
        Files::new("stored", zip_of(options.compression_method(CompressionMethod::Stored))),
        Files::new("zip64", zip_of(options.large_file(true))),
        Files::new("with a link", linked.finish().unwrap().into_inner()),
        Files::new("npz", seeds::from_hex(&seeds::fixture("volumes.json")["npz_of_two"])),
    ]
}

fn header(kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header
}

fn tars() -> Vec<Files> {
    let mut plain = Builder::new(Vec::new());
    for (name, contents) in CONTENTS {
        plain
            .append_data(&mut header(EntryType::Regular, contents.len()), name, contents)
            .unwrap();
    }
    // Names longer than a header's field, links and folders; attributes as POSIX writes them.
    let long = format!("{}a.txt", "folder/".repeat(20));
    let mut rich = Builder::new(Vec::new());
    rich.append_data(&mut header(EntryType::Directory, 0), "folder/", &b""[..])
        .unwrap();
    rich.append_data(&mut header(EntryType::Regular, 3), &long, &b"one"[..])
        .unwrap();
    rich.append_link(&mut header(EntryType::Symlink, 0), "link", "/etc/passwd")
        .unwrap();
    rich.append_link(&mut header(EntryType::Link, 0), "hard", "folder/a")
        .unwrap();
    rich.append_pax_extensions([("path", &b"from/pax.txt"[..]), ("size", b"3"), ("mtime", b"1.5")])
        .unwrap();
    rich.append_data(&mut header(EntryType::Regular, 3), "short", &b"two"[..])
        .unwrap();
    let mut sparse = header(EntryType::GNUSparse, 512);
    let gnu = sparse.as_gnu_mut().unwrap();
    gnu.name[..6].copy_from_slice(b"sparse");
    gnu.realsize[..11].copy_from_slice(b"00000004000");
    gnu.sparse[0].offset[..11].copy_from_slice(b"00000001000");
    gnu.sparse[0].numbytes[..11].copy_from_slice(b"00000001000");
    gnu.sparse[1].offset[..11].copy_from_slice(b"00000004000");
    gnu.sparse[1].numbytes[..11].copy_from_slice(b"00000000000");
    sparse.set_cksum();
    let mut holed = Builder::new(Vec::new());
    holed.append(&sparse, &[7; 512][..]).unwrap();
    [("plain", plain), ("rich", rich), ("sparse", holed)]
        .map(|(name, tar)| Files::new(name, tar.into_inner().unwrap()))
        .into()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn gzipped(files: Files) -> Files {
    Files::new(files.name, gz(&files.first))
}

fn tar_of_gz() -> Files {
    let mut tar = Builder::new(Vec::new());
    for (name, contents) in CONTENTS {
        let packed = gz(contents);
        tar.append_data(
            &mut header(EntryType::Regular, packed.len()),
            format!("{name}.gz"),
            &packed[..],
        )
        .unwrap();
    }
    Files::new("members in gzip", tar.into_inner().unwrap())
}

fn gzips() -> Vec<Files> {
    vec![
        Files::new("short", gz(b"one")),
        Files::new("long", gz(&[9; 100_000])),
        Files::new("two members", [gz(b"one"), gz(b"two")].concat()),
    ]
}

fn bundle() -> Files {
    let index = r#"{"format": 1, "entries": [{"id": "u373", "file": "a.zip", "bytes": 3, "sha256": "00"}, {"id": "b", "file": "c", "bytes": 0, "sha256": ""}]}"#;
    let mut tar = Builder::new(Vec::new());
    for (name, contents) in [("unet-lab-bundle.json", index), ("u373/a.zip", "one"), ("b/c", "")] {
        tar.append_data(
            &mut header(EntryType::Regular, contents.len()),
            name,
            contents.as_bytes(),
        )
        .unwrap();
    }
    Files::new("a bundle of two files", tar.into_inner().unwrap())
}

fn read(place: &Place, packing: Packing, files: &Files, meter: &mut Meter) -> bool {
    let folder = place.fresh();
    let archive = folder.join("a.gz");
    fs::write(&archive, &files.first).unwrap();
    let into = folder.join("into");
    let result = meter.within(ALLOWED + 16 * files.first.len(), || {
        unpack(&archive, packing, &into, LIMITS, &|_| true)
    });
    let mut found = Vec::new();
    everything(&folder, &mut found);
    let outside = found
        .iter()
        .find(|path| **path != archive && !(result.is_ok() && path.starts_with(&into)));
    assert_eq!(outside, None, "outside of its folder, after {result:?}");
    let unpacked = match result {
        Ok(unpacked) => unpacked,
        Err(problem) => {
            let words = problem.to_string();
            assert!(words.len() < 2000, "{words}");
            return false;
        }
    };
    let mut bytes = 0;
    for path in found.iter().filter(|path| path.starts_with(&into)) {
        let data = path.symlink_metadata().unwrap();
        assert!(
            data.is_file() || data.is_dir(),
            "{} is neither file nor folder",
            path.display()
        );
        bytes += if data.is_file() { data.len() } else { 0 };
    }
    let most = LIMITS
        .bytes
        .min((files.first.len() as u64 * LIMITS.ratio).max(LIMITS.free_bytes));
    assert!(bytes <= most, "{bytes} bytes, where {most} are allowed");
    assert_eq!(bytes, unpacked.files.iter().map(|file| file.bytes).sum::<u64>());
    assert!(unpacked.files.iter().all(|file| into.join(&file.path).is_file()));
    true
}

fn everything(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.symlink_metadata().unwrap().is_dir() {
            everything(&path, found);
        }
        found.push(path);
    }
}
