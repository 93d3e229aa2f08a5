//! Where a file is: repositories that tell, a room's server, a proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use libtest_mimic::Trial;
use unet_lab_data::fetch::{Cleaning, Silent, Trust, clean};

use crate::bench::{Bench, named, noise, parse, plain, sha256};
use crate::server::Server;

pub fn trials() -> Vec<Trial> {
    named(vec![
        ("repositories tell addresses", repositories),
        ("a repository that answers otherwise is told", strange_repository),
        ("a room's server is asked first", mirror_first),
        ("a proxy is used", proxy),
    ])
}

/// A server that is a repository: its interface, and the file.
fn repository(content: Arc<Vec<u8>>, list: impl Fn(&str) -> String + Send + Sync + 'static) -> Server {
    Server::start(move |request, reply| match request.path.as_str() {
        "/the/file" => reply.file(request, &content, "\"v\""),
        path => reply.whole(list(path).as_bytes()),
    })
}

fn repositories() {
    let content = noise(3000, 7);
    let sum = sha256(&content);
    let cases = [
        (
            "mendeley",
            "{ repository = \"mendeley\", dataset = \"d4x\", version = 2, file = \"f.bin\" }",
            "/public-api/datasets/d4x/files?folder_id=root&version=2",
            format!(
                r#"[{{"filename":"o"}},{{"filename":"f.bin","content_details":{{"download_url":"URL","sha256_hash":"{sum}","size":3000}}}}]"#
            ).replace(r#"{"filename":"o"}"#, r#"{"filename":"o","content_details":{"download_url":"x"}}"#),
        ),
        (
            "figshare",
            "{ repository = \"figshare\", article = 7 }",
            "/v2/articles/7",
            r#"{"title":"t","files":[{"id":1,"name":"n","size":3000,"download_url":"URL"}]}"#.to_owned(),
        ),
        (
            "zenodo",
            "{ repository = \"zenodo\", record = 9, file = \"f.bin\" }",
            "/api/records/9",
            r#"{"files":[{"key":"f.bin","size":3000,"links":{"self":"URL"}}]}"#.to_owned(),
        ),
    ];
    for (name, resolver, asked, answer) in cases {
        let address: Arc<std::sync::Mutex<String>> = Arc::default();
        let own = Arc::clone(&address);
        let server = repository(Arc::clone(&content), move |path| {
            assert_eq!(path, asked);
            answer.replace("URL", &format!("{}/the/file", own.lock().unwrap()))
        });
        address.lock().unwrap().clone_from(&server.address);
        let mut bench = Bench::new();
        bench.settings.resolver_hosts = vec![(name.into(), server.address.clone())];
        let manifest = parse(&format!(
            "[[files]]\nname = \"file.bin\"\nresolver = {resolver}\nunpack = \"none\"\n"
        ));
        bench.fetch(&manifest).unwrap();
        assert_eq!(bench.content(), *content, "{name}");
        let trust = bench.settings.cache.record("test").files["file.bin"].trust;
        assert_eq!(
            trust,
            if name == "mendeley" {
                Trust::Repository
            } else {
                Trust::FirstUse
            }
        );
    }
}

fn strange_repository() {
    for (answer, says) in [
        ("<html>", "answers otherwise"),
        (r#"{"files":[]}"#, "expected exactly one file"),
        (
            r#"{"files":[{"name":"a","download_url":"u"},{"name":"b","download_url":"u"}]}"#,
            "lists a, b",
        ),
    ] {
        let server = repository(Arc::default(), move |_| answer.to_owned());
        let mut bench = Bench::new();
        bench.settings.resolver_hosts = vec![("figshare".into(), server.address.clone())];
        let resolver = "{ repository = \"figshare\", article = 7 }";
        let manifest = parse(&format!(
            "[[files]]\nname = \"file.bin\"\nresolver = {resolver}\nunpack = \"none\"\n"
        ));
        let error = bench.fetch(&manifest).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

fn mirror_first() {
    let content = noise(1000, 1);
    let (room, far) = (Server::of(Arc::clone(&content)), Server::of(Arc::clone(&content)));
    let mut bench = Bench::new();
    bench.settings.mirror = Some(room.address.clone());
    let manifest = plain(&[far.url("a")], Some(&sha256(&content)));
    bench.fetch(&manifest).unwrap();
    assert_eq!((room.requests(), far.requests()), (1, 0));
    assert_eq!(room.counters.log.lock().unwrap()[0].path, "/test/file.bin");
    // A room's server that is switched off is passed over.
    drop(room);
    clean(&bench.settings.cache, &Cleaning::All, &Silent).unwrap();
    bench.fetch(&manifest).unwrap();
    assert_eq!(far.requests(), 1);
}

/// A proxy for CONNECT and for whole addresses, in a process of its own since the environment is a process's.
fn proxy() {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    let content = noise(300_000, 1);
    let server = Server::of(Arc::clone(&content));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let was_used = Arc::new(AtomicBool::new(false));
    let used = Arc::clone(&was_used);
    let target = server.address.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            used.store(true, Ordering::Relaxed);
            let target = target.clone();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(client.try_clone().unwrap());
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let connects = line.starts_with("CONNECT");
                let mut server = TcpStream::connect(target).unwrap();
                if connects {
                    while line.trim() != "" {
                        line.clear();
                        reader.read_line(&mut line).unwrap();
                    }
                    (&client).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                } else {
                    server.write_all(line.as_bytes()).unwrap();
                }
                let mut back = server.try_clone().unwrap();
                let mut to_client = client.try_clone().unwrap();
                std::thread::spawn(move || std::io::copy(&mut back, &mut to_client));
                let _ = std::io::copy(&mut reader, &mut server);
            });
        }
    });
    let bench = Bench::new();
    // A name that no name server knows: only through the proxy can it be reached.
    let manifest = plain(&["http://files.invalid/a".to_owned()], Some(&sha256(&content)));
    let (good, said) =
        crate::processes::fetch_in_a_process(&bench, &manifest, &[("HTTP_PROXY", format!("http://{address}"))]);
    assert!(good, "{said}");
    assert!(was_used.load(Ordering::Relaxed));
    assert_eq!(bench.content(), *content);
}
