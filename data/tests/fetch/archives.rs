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

use crate::bench::{everything, noise, sha256, zip_of};

pub fn trials() -> Vec<Trial> {
    let tests: Vec<(&str, fn())> = vec![
        ("zip, tar, tar.gz, gz and a tar of gz give the same files", every_kind),
        ("names that escape are refused in zip and tar", escapes),
        ("links and devices are left out", links),
        ("a name that is there twice is refused", twice),
        ("a bomb is stopped while it swells", bombs),
        ("too many entries are refused", too_many),
        ("overlapping entries are refused", overlapping),
        ("an encrypted entry is refused in words", encrypted),
        ("parts of a split zip are refused in words", split),
        ("a damaged byte fails its checksum", damaged),
        ("what is cut short is told", cut_short),
        ("another kind of file is told", other_kind),
        ("a lie about a size is told", wrong_size),
        ("an unknown compression is told", unknown_compression),
        ("a folder that is there is not touched", existing),
        ("Python's zip64 and its tars are read", by_python),
        ("mutated archives do no harm", mutated),
    ];
    tests
        .into_iter()
        .map(|(name, test)| Trial::test(name, move || Ok(test())))
        .collect()
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

fn try_unpack(bytes: &[u8], packing: Packing) -> Result<Unpacked, ArchiveError> {
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

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (name, content) in files {
        tar_entry(&mut tar, name, EntryType::Regular, content);
    }
    tar.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

const FILES: [(&str, &[u8]); 3] = [("a/b.txt", b"one"), ("a/c d.txt", b"two"), ("empty", b"")];

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

fn encrypted() {
    let mut bytes = zip_of(&[("secret.txt", b"secret")]);
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[directory + 8] |= 1;
    let error = try_unpack(&bytes, Packing::Zip).unwrap_err();
    assert!(
        matches!(&error, ArchiveError::Encrypted { entry } if entry == "secret.txt"),
        "{error:?}"
    );
    assert!(error.to_string().contains("7z x"));
}

fn split() {
    let whole = zip_of(&[("a", &noise(1000, 1))]);
    let mut first = b"PK\x07\x08".to_vec();
    first.extend(&whole[..500]);
    let mut last = whole[500..].to_vec();
    let end = last.len() - 22;
    last[end + 4] = 1;
    last[end + 6] = 1;
    assert_eq!(try_unpack(&first, Packing::Zip), Err(ArchiveError::Split));
    // The last part begins in the middle of something.
    let mut begun = b"PK\x03\x04".to_vec();
    begun.extend(&last);
    assert_eq!(try_unpack(&begun, Packing::Zip), Err(ArchiveError::Split));
    assert!(ArchiveError::Split.to_string().contains("zip -s 0"));
}

fn damaged() {
    let content = noise(20_000, 1);
    let mut zip = zip_of(&[("a", &content)]);
    let mut packed = gz(&content);
    zip[10_000] ^= 1;
    packed[10_000] ^= 1;
    for (bytes, packing) in [(zip, Packing::Zip), (packed, Packing::Gz)] {
        let result = try_unpack(&bytes, packing);
        assert!(matches!(result, Err(ArchiveError::Damaged(_))), "{packing}: {result:?}");
    }
    let mut tar = tar_of(&[("a", b"x")]);
    tar[20] ^= 1;
    assert!(matches!(try_unpack(&tar, Packing::Tar), Err(ArchiveError::Damaged(_))));
}

fn cut_short() {
    let content = noise(20_000, 1);
    let tar = tar_of(&[("a", &content), ("b", &content)]);
    for (bytes, packing) in [
        (zip_of(&[("a", &content)]), Packing::Zip),
        (gz(&content), Packing::Gz),
        (gz(&tar), Packing::TarGz),
        (tar, Packing::Tar),
    ] {
        for length in [0, 1, 30, 600, 10_000, 15_000] {
            let result = try_unpack(&bytes[..length], packing);
            let is_told = matches!(result, Err(ArchiveError::Damaged(_) | ArchiveError::OtherKind { .. }));
            assert!(is_told, "{packing} cut to {length}: {result:?}");
        }
    }
}

fn other_kind() {
    let page = b"<!DOCTYPE html><title>Sign in</title>";
    for packing in [
        Packing::Zip,
        Packing::Tar,
        Packing::TarGz,
        Packing::Gz,
        Packing::TarOfGz,
    ] {
        let error = try_unpack(page, packing).unwrap_err();
        assert!(matches!(error, ArchiveError::OtherKind { .. }), "{packing}: {error:?}");
        assert!(error.to_string().contains("<!DOCTYPE html>"), "{error}");
    }
    let error = try_unpack(&gz(b"x"), Packing::Zip).unwrap_err();
    assert!(error.to_string().contains("expected a zip file, found gzip"), "{error}");
    assert!(try_unpack(&gz(page), Packing::TarGz).is_err());
}

fn wrong_size() {
    let mut tar = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_path("a").unwrap();
    header.set_size(1 << 40);
    header.set_cksum();
    tar.append(&header, &b"few"[..]).unwrap();
    let result = try_unpack(&tar.into_inner().unwrap(), Packing::Tar);
    assert!(matches!(result, Err(ArchiveError::TooLarge { .. })), "{result:?}");
}

fn unknown_compression() {
    let mut bytes = zip_of(&[("a", b"aaaaaaaaaaaaaaaaaaaaaaaa")]);
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[8] = 9;
    bytes[directory + 10] = 9;
    let result = try_unpack(&bytes, Packing::Zip);
    assert!(matches!(result, Err(ArchiveError::Unsupported(_))), "{result:?}");
}

fn existing() {
    let place = tempfile::tempdir().unwrap();
    let (archive, into) = (place.path().join("a.zip"), place.path().join("into"));
    fs::write(&archive, zip_of(&FILES)).unwrap();
    fs::create_dir(&into).unwrap();
    fs::write(into.join("mine"), "mine").unwrap();
    let result = unpack(&archive, Packing::Zip, &into, ArchiveLimits::default(), &|_| true);
    assert!(matches!(result, Err(ArchiveError::Exists { .. })), "{result:?}");
    assert_eq!(everything(place.path()).len(), 3);
    // A wish to stop leaves nothing either.
    let other = place.path().join("other");
    let result = unpack(&archive, Packing::Zip, &other, ArchiveLimits::default(), &|_| false);
    assert_eq!(result, Err(ArchiveError::Stopped));
    assert_eq!(everything(place.path()).len(), 3);
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

fn mutated() {
    let tar = tar_of(&FILES);
    let content = noise(300, 3);
    let zip = zip_of(&[("a/b.txt", b"one one one one"), ("c", &content)]);
    let mut good = 0;
    for (bytes, packing, seed) in [
        (zip, Packing::Zip, 1_u64),
        (gz(&tar), Packing::TarGz, 2),
        (tar, Packing::Tar, 3),
    ] {
        let mut state = seed;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..400 {
            let mut mutant = bytes.clone();
            for _ in 0..=next(4) {
                let at = next(mutant.len());
                match next(4) {
                    0 => mutant[at] = next(256) as u8,
                    1 => mutant[at] ^= 1 << next(8),
                    2 => mutant.truncate(at.max(1)),
                    _ => mutant[at] = [0, 255, b'/', b'.'][next(4)],
                }
            }
            // Nothing outside the folder, no panic; that is seen to in there.
            good += usize::from(try_unpack_with(&mutant, packing, SMALL).0.is_ok());
        }
    }
    assert!((1..1200).contains(&good), "{good}");
}
