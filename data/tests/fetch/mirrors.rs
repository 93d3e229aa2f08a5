//! Several mirrors of one file, and the trust that its bytes need.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use libtest_mimic::Trial;
use unet_lab_data::fetch::SourceProblem;

use crate::bench::{Bench, named, noise, plain, problems, sha256};
use crate::server::Server;
use crate::servers::{LENGTH, content};

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("a wrong checksum leads to the next mirror", wrong_then_good),
        ("parts of two mirrors make one file", two_mirrors),
        ("parts of two mirrors that differ are fetched anew", two_mirrors_differ),
        (
            "without a checksum the first download is trusted and the next must equal it",
            first_use,
        ),
    ])
}

fn wrong_then_good() {
    let content = content();
    let (wrong, right) = (Server::of(noise(LENGTH, 2)), Server::of(Arc::clone(&content)));
    let bench = Bench::new();
    let manifest = plain(&[wrong.url("a"), right.url("a")], Some(&sha256(&content)));
    bench.fetch(&manifest).unwrap();
    assert_eq!(bench.content(), *content);
    assert!(bench.said("the SHA-256 is"));
    assert_eq!(right.body_bytes(), LENGTH as u64);
}

/// A server that gives the first 300 000 bytes and then answers 404.
fn half(content: Arc<Vec<u8>>) -> Server {
    Server::start(move |request, reply| match request.range {
        Some((first, _)) if first < 300_000 => reply.file(request, &content, "\"v\""),
        _ => {
            // The pieces before it have time to arrive.
            std::thread::sleep(Duration::from_millis(300));
            reply.status("404 Not Found", "");
        }
    })
}

fn two_mirrors() {
    let content = content();
    let (first, second) = (half(Arc::clone(&content)), Server::of(Arc::clone(&content)));
    let bench = Bench::new();
    let manifest = plain(&[first.url("a"), second.url("a")], Some(&sha256(&content)));
    bench.fetch(&manifest).unwrap();
    assert_eq!(bench.content(), *content);
    assert_eq!(second.body_bytes(), LENGTH as u64 - 300_000);
}

fn two_mirrors_differ() {
    let content = content();
    let (first, second) = (half(noise(LENGTH, 3)), Server::of(Arc::clone(&content)));
    let bench = Bench::new();
    let manifest = plain(&[first.url("a"), second.url("a")], Some(&sha256(&content)));
    bench.fetch(&manifest).unwrap();
    assert_eq!(bench.content(), *content);
    assert!(bench.said("do not fit together"));
}

fn first_use() {
    let (old, new) = (noise(5000, 1), noise(5000, 2));
    let served = Arc::new(AtomicUsize::new(0));
    let which = Arc::clone(&served);
    let server = Server::start(move |request, reply| match which.load(Ordering::Relaxed) {
        0 => reply.file(request, &old, "\"old\""),
        _ => reply.file(request, &new, "\"new\""),
    });
    let bench = Bench::new();
    let manifest = plain(&[server.url("a")], None);
    bench.fetch(&manifest).unwrap();
    assert!(bench.said("this first download is trusted"));
    // Removed and fetched again, it must be the same.
    let cleaning = unet_lab_data::fetch::Cleaning::Dataset("test".into());
    unet_lab_data::fetch::clean(&bench.settings.cache, &cleaning, &unet_lab_data::fetch::Silent).unwrap();
    served.store(1, Ordering::Relaxed);
    let found = problems(bench.fetch(&manifest));
    assert!(matches!(found[..], [SourceProblem::NotAsFirst { .. }]), "{found:?}");
    served.store(0, Ordering::Relaxed);
    bench.fetch(&manifest).unwrap();
}
