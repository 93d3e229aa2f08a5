//! Archives made to do harm: whatever they hold, a typed error and nothing on the disk, or files inside the folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use libtest_mimic::Trial;
use tar::{Builder, EntryType, Header};
use unet_lab_data::archive::{ArchiveError, ArchiveLimits, Unpacked, unpack};
use unet_lab_data::datasets::Packing;
use zip::write::SimpleFileOptions;

use crate::bench::{everything, named, sha256, zip_of};

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("zip, tar, tar.gz, gz and a tar of gz give the same files", every_kind),
        ("names that escape are refused in zip and tar", escapes),
        ("links and devices are left out", links),
        ("a name that is there twice is refused", twice),
        ("a bomb is stopped while it swells", bombs),
        ("too many entries are refused", too_many),
        ("overlapping entries are refused", overlapping),
        ("Python's zip64 and its tars are read", by_python),
    ])
}

/// Unpacks bytes in a place of its own, and sees that nothing but the folder came to be.
fn try_unpack_with(
    bytes: &[u8],
    packing: Packing,
    limits: ArchiveLimits,
) -> (Result<Unpacked, ArchiveError>, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let archive = place.path().join("a.gz");
    fs::write(&archive, bytes).unwrap();
    let into = place.path().join("into");
    let result = unpack(&archive, packing, &into, limits, &|_| true);
    let outside: Vec<PathBuf> = everything(place.path())
        .into_iter()
        .filter(|path| *path != archive && !(result.is_ok() && path.starts_with(&into)))
        .collect();
    assert!(outside.is_empty(), "{outside:?} after {result:?}");
    if let Ok(unpacked) = &result {
        for file in &unpacked.files {
            let content = fs::read(into.join(&file.path)).unwrap();
            assert_eq!(
                (content.len() as u64, sha256(&content)),
                (file.bytes, file.sha256.clone())
            );
        }
        let links = everything(&into)
            .into_iter()
            .filter(|path| path.symlink_metadata().unwrap().is_symlink());
        assert_eq!(links.count(), 0);
    }
    (result, place)
}

pub fn try_unpack(bytes: &[u8], packing: Packing) -> Result<Unpacked, ArchiveError> {
    try_unpack_with(bytes, packing, ArchiveLimits::default()).0
}

fn paths(unpacked: &Unpacked) -> Vec<&str> {
    unpacked.files.iter().map(|file| file.path.as_str()).collect()
}

fn tar_entry(tar: &mut Builder<Vec<u8>>, name: &str, kind: EntryType, content: &[u8]) {
    let mut header = Header::new_gnu();
    // The crate refuses to write names that escape; they are put into the header by hand.
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        header.set_link_name("/etc/passwd").unwrap();
    }
    header.set_cksum();
    tar.append(&header, content).unwrap();
}

pub fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (name, content) in files {
        tar_entry(&mut tar, name, EntryType::Regular, content);
    }
    tar.into_inner().unwrap()
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

pub const FILES: [(&str, &[u8]); 3] = [("a/b.txt", b"one"), ("a/c d.txt", b"two"), ("empty", b"")];

fn every_kind() {
    let expected = ["a/b.txt", "a/c d.txt", "empty"];
    let tar = tar_of(&FILES);
    for (bytes, packing) in [
        (zip_of(&FILES), Packing::Zip),
        (gz(&tar), Packing::TarGz),
        (tar, Packing::Tar),
        (
            tar_of(&[
                ("a/b.txt.gz", &gz(b"one")),
                ("a/c d.txt.gz", &gz(b"two")),
                ("empty", b""),
            ]),
            Packing::TarOfGz,
        ),
    ] {
        let unpacked = try_unpack(&bytes, packing).unwrap();
        assert_eq!(paths(&unpacked), expected, "{packing}");
        assert_eq!(unpacked.files[1].sha256, sha256(b"two"));
        assert!(unpacked.notes.is_empty());
    }
    // The file is called a.gz.
    assert_eq!(paths(&try_unpack(&gz(b"one"), Packing::Gz).unwrap()), ["a"]);
    // Several gzip members one after another are one file.
    let two = [gz(b"one"), gz(b"two")].concat();
    assert_eq!(
        try_unpack(&two, Packing::Gz).unwrap().files[0].sha256,
        sha256(b"onetwo")
    );
}

fn escapes() {
    for name in [
        "../evil",
        "/tmp/unet-lab-evil",
        "a/../../evil",
        r"..\evil",
        r"C:\evil",
        "C:evil",
        "a\0b",
        "a\u{7}b",
        "nul",
        "a/COM1.txt",
        "",
    ] {
        for (bytes, packing) in [
            (zip_of(&[("good", b"good"), (name, b"evil")]), Packing::Zip),
            (tar_of(&[("good", b"good"), (name, b"evil")]), Packing::Tar),
        ] {
            // In a tar's header a name ends at the first zero.
            if packing == Packing::Tar && name.contains('\0') {
                continue;
            }
            let result = try_unpack(&bytes, packing);
            assert!(
                matches!(result, Err(ArchiveError::UnsafeName { .. })),
                "{name:?} in {packing}: {result:?}"
            );
        }
    }
    assert!(!Path::new("/tmp/unet-lab-evil").exists());
}

fn links() {
    let mut tar = Builder::new(Vec::new());
    tar_entry(&mut tar, "link", EntryType::Symlink, b"");
    tar_entry(&mut tar, "hard", EntryType::Link, b"");
    tar_entry(&mut tar, "fifo", EntryType::Fifo, b"");
    tar_entry(&mut tar, "device", EntryType::Char, b"");
    // A file below a link that was not made lands in a plain folder.
    tar_entry(&mut tar, "link/file", EntryType::Regular, b"good");
    let unpacked = try_unpack(&tar.into_inner().unwrap(), Packing::Tar).unwrap();
    assert_eq!((paths(&unpacked), unpacked.notes.len()), (vec!["link/file"], 4));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    zip.start_file("good", SimpleFileOptions::default()).unwrap();
    let unpacked = try_unpack(&zip.finish().unwrap().into_inner(), Packing::Zip).unwrap();
    assert_eq!((paths(&unpacked), unpacked.notes.len()), (vec!["good"], 1));
}

fn twice() {
    let same = [("a/b", &b"1"[..]), ("./a//b", b"2")];
    let both = [("a", &b"1"[..]), ("a/b", b"2")];
    for files in [same, both] {
        for (bytes, packing) in [(zip_of(&files), Packing::Zip), (tar_of(&files), Packing::Tar)] {
            let result = try_unpack(&bytes, packing);
            assert!(
                matches!(result, Err(ArchiveError::Twice { .. })),
                "{packing}: {result:?}"
            );
        }
    }
    // The very same name, which a zip's writer does not write: two names of one length, the second changed to the first.
    let bytes = replaced(&zip_of(&[("aaaa", b"1"), ("bbbb", b"2")]), b"bbbb", b"aaaa");
    let result = try_unpack(&bytes, Packing::Zip);
    assert!(matches!(result, Err(ArchiveError::Twice { .. })), "{result:?}");
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|window| window == from) {
        bytes[at + found..at + found + from.len()].copy_from_slice(to);
        at += found + from.len();
    }
    assert!(at > 0);
    bytes
}

/// Limits under which a few megabytes are too many.
const SMALL: ArchiveLimits = ArchiveLimits {
    entries: 100,
    bytes: 1 << 30,
    ratio: 10,
    free_bytes: 1_000_000,
};

fn bombs() {
    let zeros = vec![0; 5_000_000];
    let tar = tar_of(&[("zeros", &zeros)]);
    for (bytes, packing) in [
        (zip_of(&[("zeros", &zeros)]), Packing::Zip),
        (gz(&tar), Packing::TarGz),
        (gz(&zeros), Packing::Gz),
        (tar_of(&[("zeros.gz", &gz(&zeros))]), Packing::TarOfGz),
    ] {
        let (result, _) = try_unpack_with(&bytes, packing, SMALL);
        assert!(
            matches!(result, Err(ArchiveError::TooLarge { unit: "bytes", .. })),
            "{packing}: {result:?}"
        );
    }
    // A tar cannot swell: five megabytes of it are five megabytes.
    assert!(try_unpack_with(&tar, Packing::Tar, SMALL).0.is_ok());
    // A zip whose directory understates the size is stopped at what it states.
    let zip = zip_of(&[("zeros", &zeros)]);
    let lying = replaced(&zip, &5_000_000_u32.to_le_bytes(), &1000_u32.to_le_bytes());
    let result = try_unpack(&lying, Packing::Zip);
    assert!(matches!(result, Err(ArchiveError::Damaged(_))), "{result:?}");
}

fn too_many() {
    let names: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    for (bytes, packing) in [(zip_of(&files), Packing::Zip), (tar_of(&files), Packing::Tar)] {
        let (result, _) = try_unpack_with(&bytes, packing, SMALL);
        assert!(
            matches!(result, Err(ArchiveError::TooLarge { unit: "entries", .. })),
            "{packing}: {result:?}"
        );
    }
}

fn overlapping() {
    // The second entry's place in the directory is changed to the first one's.
    let bytes = zip_of(&[("a", b"one"), ("b", b"one")]);
    let second = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == b"PK\x01\x02")
        .nth(1)
        .unwrap()
        .0;
    let mut overlapping = bytes.clone();
    overlapping[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    let result = try_unpack(&overlapping, Packing::Zip);
    assert!(matches!(result, Err(ArchiveError::Overlapping)), "{result:?}");
}

/// Archives by another program than the one that reads them: Python's own modules.
fn by_python() {
    let script = r#"
import sys, tarfile, zipfile, io
where = sys.argv[1]
long = 'long/' * 30 + 'é ü.txt'
with zipfile.ZipFile(where + '/a.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    with z.open('first.bin', 'w', force_zip64=True) as f:
        f.write(b'zip64' * 1000)
    z.writestr(long, b'long')
for format, name in [(tarfile.GNU_FORMAT, 'gnu'), (tarfile.PAX_FORMAT, 'pax'), (tarfile.USTAR_FORMAT, 'ustar')]:
    with tarfile.open(f'{where}/{name}.tar.gz', 'w:gz', format=format) as t:
        for n, b in [('first.bin', b'zip64' * 1000), (long, b'long')]:
            i = tarfile.TarInfo(n)
            i.size = len(b)
            t.addfile(i, io.BytesIO(b))
"#;
    let place = tempfile::tempdir().unwrap();
    let ran = Command::new("python3").arg("-c").arg(script).arg(place.path()).status();
    if !ran.is_ok_and(|status| status.success()) {
        eprintln!("there is no Python here: not tried");
        return;
    }
    let long = format!("{}é ü.txt", "long/".repeat(30));
    for (name, packing) in [
        ("a.zip", Packing::Zip),
        ("gnu.tar.gz", Packing::TarGz),
        ("pax.tar.gz", Packing::TarGz),
        ("ustar.tar.gz", Packing::TarGz),
    ] {
        let unpacked = try_unpack(&fs::read(place.path().join(name)).unwrap(), packing).unwrap();
        assert_eq!(paths(&unpacked), ["first.bin", long.as_str()], "{name}");
        assert_eq!(unpacked.files[0].sha256, sha256(&b"zip64".repeat(1000)));
    }
}
