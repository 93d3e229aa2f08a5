//! Archives that are damaged, cut short, of another kind, or say what is not so.

use std::fs;

use libtest_mimic::Trial;
use tar::{Builder, Header};
use unet_lab_data::archive::{ArchiveError, ArchiveLimits, unpack};
use unet_lab_data::datasets::Packing;

use crate::archives::{FILES, gz, tar_of, try_unpack};
use crate::bench::{everything, named, noise, zip_of};

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("an encrypted entry is refused in words", encrypted),
        ("parts of a split zip are refused in words", split),
        ("a damaged byte fails its checksum", damaged),
        ("what is cut short is told", cut_short),
        ("another kind of file is told", other_kind),
        ("a lie about a size is told", wrong_size),
        ("an unknown compression is told", unknown_compression),
        ("a folder that is there is not touched", existing),
    ])
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
