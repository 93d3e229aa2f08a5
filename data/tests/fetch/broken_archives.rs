//! Archives that are damaged, cut short, of another kind, or say what is not so.

use std::fs;

use libtest_mimic::Trial;
use tar::{Builder, Header};
use unet_lab_data::archive::{ArchiveError, ArchiveLimits, unpack};
use unet_lab_data::datasets::Packing;

use crate::archives::{FILES, SMALL, gz, tar_of, try_unpack, try_unpack_with};
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
        ("mutated archives do no harm", mutated),
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
