//! The cache: what is in it, what becomes of it, and how files get there.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use libtest_mimic::Trial;
use unet_lab_data::archive::ArchiveError;
use unet_lab_data::datasets;
use unet_lab_data::fetch::{
    Cleaning, Disk, Fetch, FetchError, FileState, Silent, SourceProblem, Trust, clean, cleanable, get, repair, verify,
};

use crate::bench::{Bench, everything, manifest, named, noise, parse, plain, problems, sha256, zip_of};
use crate::server::Server;

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("an archive is unpacked, recorded and removed", unpacked),
        ("archives stay where they are asked to", kept),
        (
            "several files each have their folder, and a class gets its part",
            several_files,
        ),
        ("too little room is told before the download", no_room),
        ("a data set that is not open has steps", by_hand),
        ("an id that is wrong is answered with those like it", unknown),
        ("a cache that cannot be written serves what it has", read_only),
        ("damage is found and repaired", damage),
        ("cleaning says and removes what it should", cleaning),
        ("a hostile archive leaves nothing", hostile),
        ("a file that is no zip is not trusted on first use", not_a_zip),
        ("a wish to stop keeps what came", stop),
        ("a checksum that varies is told, not refused", varying_checksum),
    ])
}

fn small_zip() -> Arc<Vec<u8>> {
    Arc::new(zip_of(&[
        ("Images/a b.png", b"image"),
        ("Masks/a b.png", b"mask"),
        ("__MACOSX/x", b"litter"),
    ]))
}

fn unpacked() {
    let content = small_zip();
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let manifest = manifest("zip", "a.zip", &[server.url("a.zip")], Some(&sha256(&content)));
    let folder = bench.fetch(&manifest).unwrap();
    assert_eq!(fs::read(folder.join("Images/a b.png")).unwrap(), b"image");
    assert!(!folder.join("__MACOSX").exists() && bench.said("left out"));
    let record = &bench.settings.cache.record("test").files["a.zip"];
    assert_eq!(
        (record.trust, record.unpacked_files, record.unpacked_bytes),
        (Trust::Sha256, 2, 9)
    );
    assert!(!bench.settings.cache.folder().join(".downloads/test").exists());
    // The list is one that sha256sum reads.
    let list = fs::read_to_string(bench.settings.cache.folder().join(".records/test/a.zip.sha256")).unwrap();
    assert!(
        list.contains(&format!("{}  Images/a b.png\n", sha256(b"image"))),
        "{list}"
    );
}

fn kept() {
    let content = small_zip();
    let server = Server::of(Arc::clone(&content));
    let mut bench = Bench::new();
    bench.settings.keep_archives = true;
    bench
        .fetch(&manifest(
            "zip",
            "a.zip",
            &[server.url("a.zip")],
            Some(&sha256(&content)),
        ))
        .unwrap();
    assert_eq!(
        fs::read(bench.settings.cache.folder().join(".downloads/test/a.zip")).unwrap(),
        *content
    );
}

fn several_files() {
    let zip = small_zip();
    let zipped = Arc::clone(&zip);
    let server = Server::start(move |request, reply| match request.path.as_str() {
        "/a.zip" | "/b.zip" => reply.file(request, &zipped, "\"z\""),
        _ => reply.file(request, b"x,y\n", "\"c\""),
    });
    let sum = sha256(&zip);
    let manifest = parse(&format!(
        "[class]\nfiles = [\"b.zip\"]\n[[files]]\nname = \"a.zip\"\nurls = [\"{0}/a.zip\"]\nunpack = \"zip\"\nsha256 = \"{sum}\"\n\
         [[files]]\nname = \"b.zip\"\nurls = [\"{0}/b.zip\"]\nunpack = \"zip\"\nsha256 = \"{sum}\"\n\
         [[files]]\nname = \"c.csv\"\nurls = [\"{0}/c.csv\"]\nunpack = \"none\"\n",
        server.address
    ));
    let bench = Bench::new();
    let folder = Fetch::new(&manifest, bench.settings.clone())
        .class_size()
        .fetch()
        .unwrap();
    assert_eq!(server.requests(), 1);
    assert!(folder.join("b/Masks/a b.png").exists() && !folder.join("a").exists());
    bench.fetch(&manifest).unwrap();
    assert_eq!(server.requests(), 3, "b.zip was there");
    assert!(folder.join("a/Masks/a b.png").exists());
    assert_eq!(fs::read(folder.join("c.csv")).unwrap(), b"x,y\n");
}

struct Tiny;

impl Disk for Tiny {
    fn available(&self, _: &Path) -> Option<u64> {
        Some(1000)
    }
}

fn no_room() {
    let server = Server::of(small_zip());
    let mut bench = Bench::new();
    bench.settings.disk = Arc::new(Tiny);
    let mut manifest = manifest("zip", "a.zip", &[server.url("a.zip")], None);
    manifest.files[0].about_bytes = Some(600);
    let error = bench.fetch(&manifest).unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::NoRoom {
                available: 1000,
                needed: 1200,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("1.0 kB free; test needs 1.2 kB"), "{error}");
    assert_eq!(server.requests(), 0);
    // Where the size is only told by the server: after one piece was asked for, and before it is written.
    manifest.files[0].about_bytes = None;
    bench.settings.margin_bytes = 600;
    let error = bench.fetch(&manifest).unwrap_err();
    assert!(matches!(error, FetchError::NoRoom { .. }), "{error:?}");
    assert_eq!(server.requests(), 1);
}

fn by_hand() {
    let bench = Bench::new();
    let error = bench.fetch(datasets::find("brats2021").unwrap()).unwrap_err();
    assert!(matches!(error, FetchError::ByHand { .. }));
    let text = error.to_string();
    assert!(
        text.contains("1. Make an account") && text.contains("Open instead: msd01_brain_tumour"),
        "{text}"
    );
}

fn unknown() {
    let Err(error) = get("hippocampus") else { panic!() };
    assert!(error.to_string().contains("did you mean msd04_hippocampus?"), "{error}");
    assert!(get("").is_err() && get("../x").is_err());
}

fn read_only() {
    let content = small_zip();
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let manifest = manifest("zip", "a.zip", &[server.url("a.zip")], Some(&sha256(&content)));
    bench.fetch(&manifest).unwrap();
    let before = everything(bench.settings.cache.folder());
    let times = |paths: &std::collections::BTreeSet<std::path::PathBuf>| -> Vec<_> {
        paths
            .iter()
            .map(|path| path.metadata().unwrap().modified().unwrap())
            .collect()
    };
    let (old, requests) = (times(&before), server.requests());
    bench.fetch(&manifest).unwrap();
    // Nothing is written, not even a lock: as root no permission would tell.
    assert_eq!(times(&everything(bench.settings.cache.folder())), old);
    assert_eq!(server.requests(), requests);
    // A cache that is a file cannot be written by anybody.
    let mut other = Bench::new();
    fs::write(other.folder.path().join("file"), "").unwrap();
    other.settings = other.settings.clone().with_cache(other.folder.path().join("file"));
    let error = other.fetch(&manifest).unwrap_err();
    assert!(matches!(error, FetchError::Cache { .. }), "{error:?}");
    assert!(error.to_string().contains("UNET_LAB_DATA"));
}

fn damage() {
    let content = small_zip();
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let manifest = manifest("zip", "a.zip", &[server.url("a.zip")], Some(&sha256(&content)));
    assert!(matches!(
        verify(&manifest, &bench.settings, &Silent),
        Err(FetchError::NotThere { .. })
    ));
    let folder = bench.fetch(&manifest).unwrap();
    let good = verify(&manifest, &bench.settings, &Silent).unwrap();
    assert!(good.is_good() && good.files == 2 && good.faults.is_empty());
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert!(verify(&manifest, &bench.settings, &Silent).unwrap().is_good());
    fs::remove_file(folder.join("notes.txt")).unwrap();
    fs::write(folder.join("Images/a b.png"), "imagE").unwrap();
    fs::remove_file(folder.join("Masks/a b.png")).unwrap();
    let found = verify(&manifest, &bench.settings, &Silent).unwrap();
    let expected = [
        ("Images/a b.png", FileState::Damaged),
        ("Masks/a b.png", FileState::Missing),
    ];
    let expected = expected.map(|(path, state)| ("a.zip".to_owned(), path.to_owned(), state));
    assert_eq!(found.faults, expected);
    repair(&manifest, &bench.settings, &found, &Silent).unwrap();
    assert!(verify(&manifest, &bench.settings, &Silent).unwrap().is_good());
    bench.check_cache(&manifest, true);
}

fn cleaning() {
    let content = noise(10_000, 1);
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let cache = &bench.settings.cache;
    let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    bench.fetch(&manifest).unwrap();
    fs::create_dir_all(cache.folder().join(".downloads/other")).unwrap();
    fs::write(cache.folder().join(".downloads/other/x.part"), vec![1; 5000]).unwrap();
    let bytes = |what| cleanable(cache, &what).iter().map(|(_, bytes)| bytes).sum::<u64>();
    assert_eq!(bytes(Cleaning::Downloads), 5000);
    assert!(bytes(Cleaning::Dataset("test".into())) >= 10_000);
    assert_eq!(clean(cache, &Cleaning::Downloads, &Silent).unwrap(), 5000);
    assert!(!cache.folder().join(".downloads/other").exists() && cache.dataset("test").exists());
    clean(cache, &Cleaning::Dataset("test".into()), &Silent).unwrap();
    bench.check_cache(&manifest, false);
    assert_eq!(clean(cache, &Cleaning::Dataset("test".into()), &Silent).unwrap(), 0);
    bench.fetch(&manifest).unwrap();
    clean(cache, &Cleaning::All, &Silent).unwrap();
    assert!(cache.datasets().is_empty() && !cache.dataset("test").exists());
}

fn hostile() {
    let content = Arc::new(zip_of(&[("good.txt", b"good"), ("../../evil.txt", b"evil")]));
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let error = bench
        .fetch(&manifest(
            "zip",
            "a.zip",
            &[server.url("a.zip")],
            Some(&sha256(&content)),
        ))
        .unwrap_err();
    let FetchError::Archive { problem, .. } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(problem, ArchiveError::UnsafeName { .. }), "{problem:?}");
    assert!(
        everything(bench.folder.path())
            .iter()
            .all(|path| !path.ends_with("evil.txt"))
    );
}

fn not_a_zip() {
    let server = Server::of(noise(1000, 1));
    let bench = Bench::new();
    let found = problems(bench.fetch(&manifest("zip", "a.zip", &[server.url("a.zip")], None)));
    assert!(matches!(found[..], [SourceProblem::OtherKind { .. }]), "{found:?}");
    assert!(!bench.settings.cache.folder().join(".trusted").exists());
}

fn varying_checksum() {
    let content = small_zip();
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let mut manifest = manifest("zip", "a.zip", &[server.url("a.zip")], Some(&sha256(b"another")));
    manifest.files[0].checksum_varies = true;
    bench.fetch(&manifest).unwrap();
    assert!(bench.said("not the known one"));
}

fn stop() {
    use unet_lab_data::fetch::{Phase, Progress, Step};
    struct StopAt(u64, AtomicBool);
    impl Progress for StopAt {
        fn step(&self, step: Step) {
            if step.phase == Phase::Downloading && step.bytes >= self.0 {
                self.1.store(true, Ordering::Relaxed);
            }
        }
        fn note(&self, _: &str) {}
        fn is_cancelled(&self) -> bool {
            self.1.load(Ordering::Relaxed)
        }
    }
    let content = noise(1_000_000, 1);
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    let fetch = Fetch::new(&manifest, bench.settings.clone());
    let stopped = fetch.with_progress(StopAt(400_000, Default::default())).fetch();
    assert_eq!(stopped, Err(FetchError::Stopped));
    bench.check_cache(&manifest, false);
    let sent = server.body_bytes();
    bench.fetch(&manifest).unwrap();
    assert_eq!(bench.content(), *content);
    let again = server.body_bytes() - sent;
    assert!(again <= 600_000, "{again}");
}
