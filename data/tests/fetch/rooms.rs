//! Bundles, the room's server, and files added by hand.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use libtest_mimic::Trial;
use unet_lab_data::datasets::{Manifest, find};
use unet_lab_data::fetch::{Fetch, FetchError, Room, Silent, SourceProblem, Trust, add, bundle, read_index};

use crate::bench::{Bench, everything, named, sha256, zip_of};

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("a file is recognised by its name and checked", add_by_name),
        ("a file with a known checksum that differs is refused", add_wrong),
        ("a bundle goes from one cache to another", bundle_and_add),
        ("a bundle that is cut short or changed is refused", damaged_bundle),
        ("what users must agree to is not bundled", closed_bundle),
        ("thirty clients are served by a room at once", room),
        ("a room gives out what is on its list and nothing else", room_paths),
    ])
}

/// chase_db1 has no known checksum: any zip passes for it.
const ID: &str = "chase_db1";

fn a_zip() -> Vec<u8> {
    zip_of(&[("Image_01L.jpg", &[7; 300_000]), ("Image_01L_1stHO.png", b"mask")])
}

/// A cache into which the archive was added, with the archive kept, and the file.
fn filled() -> (Bench, PathBuf) {
    let mut bench = Bench::new();
    bench.settings.keep_archives = true;
    let file = bench.folder.path().join("CHASEDB1 (1).zip");
    fs::write(&file, a_zip()).unwrap();
    add(&file, None, &bench.settings, &Silent).unwrap();
    (bench, file)
}

fn add_by_name() {
    let (bench, file) = filled();
    let folder = bench.settings.cache.dataset(ID);
    assert_eq!(fs::read(folder.join("Image_01L_1stHO.png")).unwrap(), b"mask");
    assert!(file.exists(), "a person's file stays");
    let record = bench.settings.cache.record(ID);
    assert_eq!(record.files["CHASEDB1.zip"].trust, Trust::FirstUse);
    // Fetching finds it there.
    let fetch = Fetch::new(find(ID).unwrap(), bench.settings.clone());
    assert_eq!(fetch.fetch().unwrap(), folder);
    // Another file of that name is not the same.
    let other = bench.folder.path().join("CHASEDB1.zip");
    fs::write(&other, zip_of(&[("x", b"y")])).unwrap();
    let error = add(&other, None, &bench.settings, &Silent).unwrap_err();
    let is_other = |error: &FetchError| {
        matches!(
            error,
            FetchError::WrongFile {
                problem: SourceProblem::NotAsFirst { .. },
                ..
            }
        )
    };
    assert!(is_other(&error), "{error:?}");
    let unknown = bench.folder.path().join("thing.bin");
    fs::write(&unknown, "?").unwrap();
    let error = add(&unknown, None, &bench.settings, &Silent).unwrap_err();
    assert!(matches!(error, FetchError::Unrecognised { .. }), "{error:?}");
    assert!(add(&unknown, Some("none"), &bench.settings, &Silent).is_err());
    let error = add(&unknown, Some(ID), &bench.settings, &Silent).unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::WrongFile {
                problem: SourceProblem::OtherKind { .. },
                ..
            }
        ),
        "{error:?}"
    );
}

fn add_wrong() {
    let bench = Bench::new();
    let file = bench.folder.path().join("BUSBRA.zip");
    fs::write(&file, a_zip()).unwrap();
    let error = add(&file, None, &bench.settings, &Silent).unwrap_err();
    let FetchError::WrongFile { problem, .. } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(problem, SourceProblem::WrongChecksum { kind: "SHA-256", .. }));
    assert!(!bench.settings.cache.dataset("bus_bra").exists());
}

/// A bundle of the one data set.
fn bundled() -> (Bench, PathBuf) {
    let (bench, _) = filled();
    // `add` leaves the person's file where it is; the archive is put where downloads are kept.
    let downloads = bench.settings.cache.folder().join(".downloads").join(ID);
    fs::create_dir_all(&downloads).unwrap();
    fs::write(downloads.join("CHASEDB1.zip"), a_zip()).unwrap();
    let out = bench.folder.path().join("room.bundle");
    let index = bundle(&[ID], false, &out, &bench.settings, &Silent).unwrap();
    assert_eq!(index.entries.len(), 1);
    assert_eq!(index.entries[0].sha256, sha256(&a_zip()));
    (bench, out)
}

fn bundle_and_add() {
    let (_first, bundle) = bundled();
    let other = Bench::new();
    let added = add(&bundle, None, &other.settings, &Silent).unwrap();
    assert_eq!((added.len(), added[0].id.as_str()), (1, ID));
    assert!(other.settings.cache.dataset(ID).join("Image_01L.jpg").exists());
    assert!(
        everything(other.settings.cache.folder())
            .iter()
            .all(|path| !path.to_string_lossy().contains("bundled"))
    );
    // A second time there is nothing to do.
    assert!(add(&bundle, None, &other.settings, &Silent).unwrap().is_empty());
}

fn damaged_bundle() {
    let (bench, bundle) = bundled();
    let bytes = fs::read(&bundle).unwrap();
    let place = bench.folder.path().join("damaged.bundle");
    let (_, start) = read_index(&bundle).unwrap().remove(0);
    for cut in [600, start as usize + 100, start as usize - 1] {
        fs::write(&place, &bytes[..cut]).unwrap();
        let error = add(&place, None, &Bench::new().settings, &Silent).unwrap_err();
        assert!(matches!(error, FetchError::Bundle { .. }), "{cut}: {error:?}");
    }
    let mut changed = bytes.clone();
    changed[start as usize + 50] ^= 1;
    fs::write(&place, &changed).unwrap();
    let other = Bench::new();
    let error = add(&place, None, &other.settings, &Silent).unwrap_err();
    assert!(error.to_string().contains("is damaged in it"), "{error}");
    assert!(!other.settings.cache.dataset(ID).exists());
}

fn closed_bundle() {
    let bench = Bench::new();
    let error = bundle(
        &["drive"],
        false,
        &bench.folder.path().join("x"),
        &bench.settings,
        &Silent,
    )
    .unwrap_err();
    assert!(error.to_string().contains("wants each user to ask"), "{error}");
}

/// The data set's manifest without any address but the room's.
fn roomed(room: &Room) -> (Manifest, Bench) {
    let mut manifest = find(ID).unwrap().clone();
    manifest.files[0].urls = vec!["http://127.0.0.1:9/nowhere".into()];
    let mut bench = Bench::new();
    bench.settings.mirror = Some(format!("http://{}", room.address().unwrap()));
    (manifest, bench)
}

fn room() {
    let (_bench, bundle) = bundled();
    let room = Arc::new(Room::of_bundle(&bundle, "127.0.0.1:0").unwrap());
    let (stop, sent) = (room.stop_flag(), room.sent_bytes());
    let serving = Arc::clone(&room);
    let thread = std::thread::spawn(move || serving.serve());
    let clients: Vec<_> = (0..30)
        .map(|_| {
            let (manifest, bench) = roomed(&room);
            std::thread::spawn(move || {
                // The whole of it, so that its folder lives as long.
                let bench = &bench;
                let folder = Fetch::new(&manifest, bench.settings.clone()).fetch().unwrap();
                assert!(folder.join("Image_01L.jpg").exists());
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
    assert_eq!(sent.load(Ordering::Relaxed), 30 * a_zip().len() as u64);
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap().unwrap();
}

fn room_paths() {
    let (bench, _) = bundled();
    let room = Arc::new(Room::of_cache(&bench.settings.cache, "127.0.0.1:0").unwrap());
    assert_eq!(
        room.files(),
        [("/chase_db1/CHASEDB1.zip".to_owned(), a_zip().len() as u64)]
    );
    let (stop, address) = (room.stop_flag(), room.address().unwrap());
    let serving = Arc::clone(&room);
    let thread = std::thread::spawn(move || serving.serve());
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    };
    let status = |request: &str| {
        String::from_utf8_lossy(&ask(request))
            .split("\r\n")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    for path in [
        "/../../etc/passwd",
        "/chase_db1/../chase_db1/CHASEDB1.zip",
        "//etc/passwd",
        "/chase_db1",
        "/%2e%2e/x",
        "x",
        "",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(status(&request).contains("404"), "{path}: {}", status(&request));
    }
    assert!(status("POST / HTTP/1.1\r\nConnection: close\r\n\r\n").contains("405"));
    assert!(status("GET / HTTP/1.0\r\n\r\n").contains("200"));
    assert_eq!(status("nonsense\r\n\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
    let part = ask("GET /chase_db1/CHASEDB1.zip HTTP/1.1\r\nRange: bytes=0-3\r\nConnection: close\r\n\r\n");
    assert!(part.ends_with(b"\r\n\r\nPK\x03\x04"));
    let head = ask("HEAD /chase_db1/CHASEDB1.zip HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(head.ends_with(b"\r\n\r\n"));
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap().unwrap();
    let empty = Bench::new();
    assert!(Room::of_cache(&empty.settings.cache, "127.0.0.1:0").is_err());
}
