//! Many processes at once, and processes that are killed: this test program runs itself again as the one that fetches.

use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use unet_lab_data::datasets::Manifest;
use unet_lab_data::fetch::{Cache, Fetch, Lines, Settings};

use crate::bench::{Bench, manifest, named, noise, plain, sha256, zip_of};
use crate::server::Server;

const CHILD: &str = "UNET_LAB_TEST_FETCH";

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("thirty processes fetch once", thirty_processes),
        ("a killed download goes on where it was", killed_downloads),
        ("a download killed at random times ends identical", killed_at_random),
        (
            "a process killed while unpacking leaves nothing half",
            killed_while_unpacking,
        ),
        ("when the one that fetches dies, one that waits takes over", takes_over),
        #[cfg(unix)]
        ("a full disk is told, and the next attempt goes on", full_disk),
    ])
}

/// The part of a child: fetches the manifest and cache that the environment names.
pub fn run_if_child() -> Option<ExitCode> {
    let told = std::env::var(CHILD).ok()?;
    let (cache, text) = told.split_once('\n')?;
    let manifest = Manifest::parse(text).unwrap();
    let mut settings = Settings::new(Cache::new(cache));
    settings.piece_bytes = 200_000;
    settings.journal_bytes = 50_000;
    settings.stall = Duration::from_secs(5);
    settings.back_off = Duration::from_millis(10);
    settings.margin_bytes = 0;
    let fetch = Fetch::new(&manifest, settings).with_progress(Lines::new(std::io::stderr()));
    match fetch.fetch() {
        Ok(_) => Some(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("{error}");
            Some(ExitCode::from(3))
        }
    }
}

fn told(bench: &Bench, manifest: &Manifest) -> String {
    let file = &manifest.files[0];
    let text = format!(
        "id = \"test\"\ntitle = \"Test\"\ntask = \"t\"\nmodality = \"m\"\ndimensions = 2\naccess = \"open\"\n[licence]\n\
         name = \"CC0-1.0\"\n[[files]]\nname = \"{}\"\nurls = {:?}\nunpack = \"{}\"\nsha256 = \"{}\"\n",
        file.name,
        file.urls,
        if file.name.ends_with(".zip") { "zip" } else { "none" },
        file.sha256.as_ref().unwrap()
    );
    format!("{}\n{text}", bench.settings.cache.folder().display())
}

fn spawn(bench: &Bench, manifest: &Manifest) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env(CHILD, told(bench, manifest))
        .env("NO_PROXY", "127.0.0.1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Fetches in a process of its own, with these variables.
pub fn fetch_in_a_process(bench: &Bench, manifest: &Manifest, variables: &[(&str, String)]) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env(CHILD, told(bench, manifest))
        .envs(variables.iter().cloned());
    wait(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
}

fn wait(child: Child) -> (bool, String) {
    let output = child.wait_with_output().unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// A server that sends slowly enough to be caught in the middle.
fn slow(content: Arc<Vec<u8>>, bytes_a_tick: usize) -> Server {
    Server::start(move |request, reply| {
        let (start, end) = reply.head(request, &content, "\"v\"");
        for chunk in content[start..end].chunks(bytes_a_tick) {
            reply.body(chunk);
            std::thread::sleep(Duration::from_millis(4));
        }
    })
}

fn wait_until(server: &Server, bytes: u64) {
    let started = Instant::now();
    while server.counters.body_bytes.load(Ordering::Relaxed) < bytes {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{} bytes",
            server.body_bytes()
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn thirty_processes() {
    let content = noise(2_000_000, 1);
    let server = slow(Arc::clone(&content), 10_000);
    let bench = Bench::new();
    let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    let children: Vec<Child> = (0..30).map(|_| spawn(&bench, &manifest)).collect();
    let results: Vec<(bool, String)> = children.into_iter().map(wait).collect();
    assert!(results.iter().all(|(good, _)| *good), "{results:?}");
    assert_eq!((server.requests(), server.body_bytes()), (10, content.len() as u64));
    assert_eq!(bench.content(), *content);
    bench.check_cache(&manifest, true);
    let waited = results
        .iter()
        .filter(|(_, said)| said.contains("being fetched by process"))
        .count();
    assert!(waited > 5, "{waited} said that they wait");
}

fn killed_downloads() {
    let content = noise(3_000_000, 2);
    for kill_at in [400_000, 1_000_000, 1_500_000, 2_700_000] {
        let server = slow(Arc::clone(&content), 10_000);
        let bench = Bench::new();
        let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
        let mut child = spawn(&bench, &manifest);
        wait_until(&server, kill_at);
        child.kill().unwrap();
        child.wait().unwrap();
        bench.check_cache(&manifest, false);
        let sent = server.body_bytes();
        let (good, said) = wait(spawn(&bench, &manifest));
        assert!(good, "{said}");
        assert_eq!(bench.content(), *content);
        let again = server.body_bytes() - sent;
        // Lost is what was not yet in the journal, and what lay in the sockets.
        assert!(again < content.len() as u64, "killed at {kill_at}: {again} bytes");
        if kill_at >= 1_500_000 {
            let expected = content.len() as u64 - kill_at + 700_000;
            assert!(
                again < expected,
                "killed at {kill_at}: {again} bytes, expected less than {expected}"
            );
        }
    }
}

fn killed_at_random() {
    let content = noise(1_500_000, 3);
    let server = slow(Arc::clone(&content), 10_000);
    let bench = Bench::new();
    let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    let mut kills = 0;
    for pause in [5, 60, 33, 110, 18, 90, 47, 140, 75, 29] {
        let mut child = spawn(&bench, &manifest);
        std::thread::sleep(Duration::from_millis(pause));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
    }
    let (good, said) = wait(spawn(&bench, &manifest));
    assert!(good, "{said}");
    assert!(kills >= 3, "{kills}");
    assert_eq!(bench.content(), *content);
    bench.check_cache(&manifest, true);
}

fn killed_while_unpacking() {
    // Twenty million zeros a file: they take a moment to be written and nothing to be sent.
    let zeros = vec![0; 20_000_000];
    let names: Vec<String> = (0..12).map(|number| format!("a/{number}.bin")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), zeros.as_slice())).collect();
    let content = Arc::new(zip_of(&files));
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let manifest = manifest("zip", "a.zip", &[server.url("a.zip")], Some(&sha256(&content)));
    let staging = bench.settings.cache.folder().join(".downloads/test");
    let mut child = spawn(&bench, &manifest);
    let started = Instant::now();
    let is_unpacking = || {
        let entries = std::fs::read_dir(&staging).into_iter().flatten().flatten();
        entries
            .into_iter()
            .any(|entry| entry.file_name().to_string_lossy().ends_with(".unpacking"))
    };
    while !is_unpacking() {
        assert!(started.elapsed() < Duration::from_secs(30));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!bench.settings.cache.dataset("test").exists());
    let sent = server.body_bytes();
    let (good, said) = wait(spawn(&bench, &manifest));
    assert!(good, "{said}");
    assert_eq!(server.body_bytes(), sent, "the archive was there already");
    bench.check_cache(&manifest, true);
    let folder = bench.settings.cache.dataset("test").join("a");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 12);
}

fn takes_over() {
    let content = noise(1_000_000, 4);
    let server = slow(Arc::clone(&content), 5_000);
    let bench = Bench::new();
    let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    let mut first = spawn(&bench, &manifest);
    wait_until(&server, 100_000);
    let second = spawn(&bench, &manifest);
    std::thread::sleep(Duration::from_millis(100));
    first.kill().unwrap();
    first.wait().unwrap();
    let (good, said) = wait(second);
    assert!(good, "{said}");
    assert_eq!(bench.content(), *content);
}

#[cfg(unix)]
fn full_disk() {
    let content = noise(1_000_000, 5);
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    // A file may have 300 blocks of 1024 bytes; the signal that says so is ignored, as for a full disk there is none.
    let mut command = Command::new("bash");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 300; exec \"$0\""])
        .arg(std::env::current_exe().unwrap());
    let output = command.env(CHILD, told(&bench, &manifest)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("the disk is full at"), "{said}");
    bench.check_cache(&manifest, false);
    let sent = server.body_bytes();
    let (good, said) = wait(spawn(&bench, &manifest));
    assert!(good, "{said}");
    assert_eq!(bench.content(), *content);
    assert!(server.body_bytes() - sent < 1_000_000);
}
