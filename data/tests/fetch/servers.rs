//! Downloads from servers that misbehave, each in its own way. After each: the data set whole, or a typed error and nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use unet_lab_data::fetch::SourceProblem;

use crate::bench::{Bench, named, noise, plain, problems, sha256};
use crate::server::{Reply, Request, Server};

pub const LENGTH: usize = 1_000_000;

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("a good server is asked for pieces over several connections", good),
        ("what is in the cache is not asked for again", cached),
        ("a server without ranges is read through", without_ranges),
        ("a wrong content-range is taken for none", wrong_content_range),
        ("a server that stalls is given up", stalls),
        ("a server that stalls once is asked again", stalls_once),
        (
            "a length that is too long is a cut-off, then an error",
            too_long_a_length,
        ),
        ("a total that is too long is an error", too_long_a_total),
        ("a length that is too short fails the checksum", too_short_a_length),
        ("a web page with status 200 is told", web_page),
        ("a web page that says it is a file is told", hidden_web_page),
        (
            "drops at every so many bytes are outlived without fetching twice",
            drops,
        ),
        ("drops of a server without ranges end in an error", drops_without_ranges),
        ("redirects that end are followed, with the range", redirects),
        ("redirects in a loop are an error", redirect_loop),
        ("a file that is not there ends a source at once", not_there),
        ("too many requests are waited for", too_many_requests),
        ("a wait that is too long is not waited for", too_long_a_wait),
        ("trouble that passes is outlived", trouble_passes),
        ("a file that changes once is begun again", changes_once),
        ("a file that changes all the time is an error", changes_always),
        ("a slow start is no stall", slow_start),
        ("chunks without a length are read", chunked),
        ("a body that ends with the connection is read", until_closed),
        ("nobody listening is told", nobody_listens),
        ("a garbled status line is told", garbage),
        ("an empty file arrives", empty_file),
        (
            "a known length that differs is told before the download",
            wrong_known_length,
        ),
    ])
}

pub fn content() -> Arc<Vec<u8>> {
    noise(LENGTH, 1)
}

/// Fetches a file from one server and expects it whole.
fn expect_whole(handler: impl Fn(&Request, &Reply, &[u8]) + Send + Sync + 'static) -> (Server, Bench) {
    let content = content();
    let served = Arc::clone(&content);
    let server = Server::start(move |request, reply| handler(request, reply, &served));
    let bench = Bench::new();
    bench
        .fetch(&plain(&[server.url("a")], Some(&sha256(&content))))
        .unwrap();
    assert_eq!(bench.content(), *content);
    (server, bench)
}

/// Fetches a file from one server and gives what was wrong with it.
fn expect_problem(handler: impl Fn(&Request, &Reply, &[u8]) + Send + Sync + 'static) -> (SourceProblem, Server) {
    let content = content();
    let served = Arc::clone(&content);
    let server = Server::start(move |request, reply| handler(request, reply, &served));
    let found = problems(Bench::new().fetch(&plain(&[server.url("a")], Some(&sha256(&content)))));
    assert_eq!(found.len(), 1);
    (found.into_iter().next().unwrap(), server)
}

fn good() {
    let (server, _) = expect_whole(|request, reply, content| reply.file(request, content, "\"v\""));
    assert_eq!(server.requests(), 10);
    assert_eq!(server.body_bytes(), LENGTH as u64);
    let log = server.counters.log.lock().unwrap();
    assert!(
        log[1..]
            .iter()
            .all(|request| request.if_range.as_deref() == Some("\"v\""))
    );
}

fn cached() {
    let content = content();
    let server = Server::of(Arc::clone(&content));
    let bench = Bench::new();
    let manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    bench.fetch(&manifest).unwrap();
    let requests = server.requests();
    drop(server);
    bench.fetch(&manifest).unwrap();
    assert_eq!(requests, 10);
}

fn without_ranges() {
    let (server, _) = expect_whole(|_, reply, content| reply.whole(content));
    assert_eq!((server.requests(), server.body_bytes()), (1, LENGTH as u64));
}

fn wrong_content_range() {
    for header in ["bytes 5-100004/1000000", "bytes 0-99999/*", "nonsense", "bytes 9-0/1"] {
        let (server, _) = expect_whole(move |request, reply, content| match request.range {
            Some(_) => {
                reply.raw(
                    format!("HTTP/1.1 206 P\r\nContent-Range: {header}\r\nContent-Length: 100000\r\n\r\n").as_bytes(),
                );
                reply.body(&content[..100_000]);
            }
            None => reply.whole(content),
        });
        assert!(server.requests() >= 2, "{header}");
    }
}

fn stalls() {
    let (problem, server) = expect_problem(|request, reply, content| {
        reply.head(request, content, "\"v\"");
        reply.body(&content[..10]);
        std::thread::sleep(Duration::from_secs(5));
    });
    assert!(matches!(problem, SourceProblem::Stalled(_)), "{problem:?}");
    assert!(server.requests() > 3);
}

fn stalls_once() {
    expect_whole(|request, reply, content| {
        if request.number == 1 {
            std::thread::sleep(Duration::from_secs(2));
        }
        reply.file(request, content, "\"v\"");
    });
}

fn too_long_a_length() {
    let (problem, _) = expect_problem(|_, reply, content| {
        reply.raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len() + 7).as_bytes());
        reply.body(content);
        reply.drain_and_close();
    });
    let expected = SourceProblem::CutShort {
        got: LENGTH as u64,
        expected: LENGTH as u64 + 7,
    };
    assert_eq!(problem, expected);
}

fn too_long_a_total() {
    let (problem, _) = expect_problem(|request, reply, content| {
        let (first, last) = request.range.unwrap();
        let total = content.len() as u64 + 50_000;
        let last = last.unwrap().min(content.len() as u64 - 1);
        if first > last {
            return reply.status("416 No", "");
        }
        let length = last + 1 - first;
        reply.raw(
            format!(
                "HTTP/1.1 206 P\r\nContent-Range: bytes {first}-{last}/{total}\r\nContent-Length: {length}\r\n\r\n"
            )
            .as_bytes(),
        );
        reply.body(&content[first as usize..=last as usize]);
    });
    assert!(
        matches!(problem, SourceProblem::Status { code: 416, .. }),
        "{problem:?}"
    );
}

fn too_short_a_length() {
    let (problem, _) = expect_problem(|_, reply, content| {
        reply.raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len() - 7).as_bytes());
        reply.body(content);
        reply.drain_and_close();
    });
    assert!(
        matches!(problem, SourceProblem::WrongChecksum { kind: "SHA-256", .. }),
        "{problem:?}"
    );
}

const PAGE: &str = "<!DOCTYPE html><html><head><title>Please log in</title></head></html>";

fn web_page() {
    let (problem, _) = expect_problem(|_, reply, _| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            PAGE.len()
        );
        reply.raw(head.as_bytes());
        reply.body(PAGE.as_bytes());
    });
    let title = "Please log in".to_owned();
    assert_eq!(problem, SourceProblem::WebPage { title });
}

fn hidden_web_page() {
    let (problem, _) = expect_problem(|_, reply, _| reply.whole(PAGE.as_bytes()));
    assert!(matches!(problem, SourceProblem::WebPage { .. }), "{problem:?}");
}

fn drops() {
    let (server, _) = expect_whole(|request, reply, content| {
        let (start, end) = reply.head(request, content, "\"v\"");
        reply.body(&content[start..end.min(start + 70_000)]);
        if end - start > 70_000 {
            reply.drain_and_close();
        }
    });
    // No byte comes twice.
    assert_eq!(server.body_bytes(), LENGTH as u64);
    assert!((15..=20).contains(&server.requests()), "{}", server.requests());
}

fn drops_without_ranges() {
    let (problem, server) = expect_problem(|_, reply, content| {
        reply.raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len()).as_bytes());
        reply.body(&content[..70_000]);
        reply.drain_and_close();
    });
    let expected = LENGTH as u64;
    assert_eq!(problem, SourceProblem::CutShort { got: 70_000, expected });
    assert_eq!(server.requests(), 4);
}

fn redirects() {
    let (server, _) = expect_whole(|request, reply, content| match request.path.as_str() {
        "/a" => reply.status("302 Found", "Location: /b\r\n"),
        "/b" => reply.status("301 Moved", "Location: /c?x=1\r\n"),
        _ => reply.file(request, content, "\"v\""),
    });
    assert_eq!(server.body_bytes(), LENGTH as u64);
}

fn redirect_loop() {
    let (problem, server) = expect_problem(|_, reply, _| reply.status("302 Found", "Location: /a\r\n"));
    assert_eq!(problem, SourceProblem::Redirects);
    assert!(server.requests() <= 12, "{}", server.requests());
}

fn not_there() {
    for (line, code) in [
        ("404 Not Found", 404),
        ("403 Forbidden", 403),
        ("410 Gone", 410),
        ("401 U", 401),
        ("501 N", 501),
    ] {
        let (problem, server) = expect_problem(move |_, reply, _| reply.status(line, ""));
        assert!(
            matches!(problem, SourceProblem::Status { code: found, .. } if found == code),
            "{problem:?}"
        );
        assert_eq!(server.requests(), 1);
    }
}

fn too_many_requests() {
    let started = Instant::now();
    let (server, _) = expect_whole(|request, reply, content| match request.number {
        0 => reply.status("429 Too Many Requests", "Retry-After: 1\r\n"),
        _ => reply.file(request, content, "\"v\""),
    });
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests(), 11);
}

fn too_long_a_wait() {
    let (problem, server) = expect_problem(|_, reply, _| reply.status("503 Busy", "Retry-After: 3600\r\n"));
    assert!(matches!(problem, SourceProblem::Status { code: 503, .. }));
    assert_eq!(server.requests(), 1);
}

fn trouble_passes() {
    let (server, _) = expect_whole(|request, reply, content| match request.number {
        0 | 1 | 5 | 7 => reply.status("500 Oh", ""),
        4 => reply.status("429 Slow down", ""),
        _ => reply.file(request, content, "\"v\""),
    });
    assert_eq!(server.body_bytes(), LENGTH as u64);
}

fn changes_once() {
    let old = noise(LENGTH, 9);
    let (_, bench) = expect_whole(move |request, reply, content| match request.number {
        0..4 => reply.file(request, &old, "\"old\""),
        _ => reply.file(request, content, "\"new\""),
    });
    assert!(bench.said("has changed"));
}

fn changes_always() {
    let (problem, _) = expect_problem(|request, reply, content| {
        reply.file(request, content, &format!("\"{}\"", request.number));
    });
    assert_eq!(problem, SourceProblem::Changing);
}

fn slow_start() {
    expect_whole(|request, reply, content| {
        std::thread::sleep(Duration::from_millis(400));
        let (start, end) = reply.head(request, content, "\"v\"");
        std::thread::sleep(Duration::from_millis(400));
        reply.body(&content[start..end]);
    });
}

fn chunked() {
    let (server, _) = expect_whole(|_, reply, content| {
        reply.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for chunk in content.chunks(30_000) {
            reply.raw(format!("{:x}\r\n", chunk.len()).as_bytes());
            reply.body(chunk);
            reply.raw(b"\r\n");
        }
        reply.raw(b"0\r\n\r\n");
    });
    assert_eq!(server.requests(), 1);
}

fn until_closed() {
    expect_whole(|_, reply, content| {
        reply.raw(b"HTTP/1.0 200 OK\r\n\r\n");
        reply.body(content);
        reply.drain_and_close();
    });
}

fn nobody_listens() {
    let server = Server::of(content());
    let url = server.url("a");
    drop(server);
    let found = problems(Bench::new().fetch(&plain(&[url], Some(&sha256(b"")))));
    assert!(matches!(found[..], [SourceProblem::Unreachable(_)]), "{found:?}");
}

fn garbage() {
    let (problem, _) = expect_problem(|_, reply, _| {
        reply.raw(b"\x00\xffSSH-2.0-OpenSSH\r\n\r\n");
        reply.drain_and_close();
    });
    assert!(matches!(problem, SourceProblem::Protocol(_)), "{problem:?}");
}

fn empty_file() {
    let server = Server::of(Arc::default());
    let bench = Bench::new();
    bench.fetch(&plain(&[server.url("a")], Some(&sha256(b"")))).unwrap();
    assert!(bench.content().is_empty());
}

fn wrong_known_length() {
    let content = content();
    let server = Server::of(Arc::clone(&content));
    let mut manifest = plain(&[server.url("a")], Some(&sha256(&content)));
    manifest.files[0].bytes = Some(5);
    let found = problems(Bench::new().fetch(&manifest));
    let expected = SourceProblem::WrongLength {
        expected: 5,
        found: LENGTH as u64,
    };
    assert_eq!(found, [expected]);
    assert_eq!(server.requests(), 1);
}
