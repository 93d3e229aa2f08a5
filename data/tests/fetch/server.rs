//! A server that misbehaves as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub number: usize,
    pub path: String,
    pub range: Option<(u64, Option<u64>)>,
    pub if_range: Option<String>,
}

/// What a handler writes to.
pub struct Reply<'a> {
    stream: &'a TcpStream,
    counters: &'a Counters,
}

#[derive(Default)]
pub struct Counters {
    pub requests: AtomicUsize,
    pub body_bytes: AtomicU64,
    pub log: Mutex<Vec<Request>>,
}

pub type Handler = dyn Fn(&Request, &Reply) + Send + Sync;

/// A server on a port of its own, until it is dropped.
pub struct Server {
    pub address: String,
    pub counters: Arc<Counters>,
    stop: Arc<AtomicBool>,
}

impl Server {
    pub fn start(handler: impl Fn(&Request, &Reply) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (counters, stop) = (Arc::new(Counters::default()), Arc::new(AtomicBool::new(false)));
        let handler: Arc<Handler> = Arc::new(handler);
        let (shared, stopped) = (Arc::clone(&counters), Arc::clone(&stop));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (handler, counters) = (Arc::clone(&handler), Arc::clone(&shared));
                let Ok(stream) = stream else { continue };
                std::thread::spawn(move || converse(&stream, &*handler, &counters));
            }
        });
        Self {
            address,
            counters,
            stop,
        }
    }

    /// A well-behaved server of one file.
    pub fn of(content: Arc<Vec<u8>>) -> Self {
        Self::start(move |request, reply| reply.file(request, &content, "\"v1\""))
    }

    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.counters.requests.load(Ordering::Relaxed)
    }

    pub fn body_bytes(&self) -> u64 {
        self.counters.body_bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
    }
}

fn converse(stream: &TcpStream, handler: &Handler, counters: &Counters) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let mut reader = BufReader::new(stream);
    // A connection serves one request after another, as long as the handler leaves it open.
    while let Some(mut request) = read_request(&mut reader) {
        request.number = counters.requests.fetch_add(1, Ordering::Relaxed);
        counters.log.lock().unwrap().push(request.clone());
        handler(&request, &Reply { stream, counters });
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut request = Request {
        path: line.split_whitespace().nth(1)?.to_owned(),
        ..Request::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            return Some(request);
        };
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
                request.range = Some((first.parse().ok()?, last.parse().ok()));
            }
            "if-range" => request.if_range = Some(value.to_owned()),
            _ => {}
        }
    }
}

impl Reply<'_> {
    /// Raw bytes, headers as a rule.
    pub fn raw(&self, bytes: &[u8]) {
        let _ = (&mut &*self.stream).write_all(bytes);
    }

    /// Bytes of a body, counted.
    pub fn body(&self, bytes: &[u8]) {
        for chunk in bytes.chunks(16 << 10) {
            if (&mut &*self.stream).write_all(chunk).is_err() {
                return;
            }
            self.counters
                .body_bytes
                .fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
    }

    /// Ends the connection; data that is under way still arrives.
    pub fn close(&self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    /// Ends the connection a little slowly, so that the peer reads what was sent.
    pub fn drain_and_close(&self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
        let _ = self.stream.set_read_timeout(Some(Duration::from_millis(200)));
        let _ = (&mut &*self.stream).read(&mut [0; 64]);
        self.close();
    }

    pub fn status(&self, line: &str, headers: &str) {
        self.raw(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n{headers}\r\n").as_bytes());
    }

    /// The part that is asked for, with its head, and how many bytes of its body are to be sent.
    pub fn head(&self, request: &Request, content: &[u8], tag: &str) -> (usize, usize) {
        let total = content.len() as u64;
        let same = request.if_range.as_ref().is_none_or(|asked| asked == tag);
        match request.range.filter(|_| same) {
            Some((first, _)) if first >= total => {
                self.raw(
                    format!("HTTP/1.1 416 No\r\nContent-Range: bytes */{total}\r\nContent-Length: 0\r\n\r\n")
                        .as_bytes(),
                );
                (0, 0)
            }
            Some((first, last)) => {
                let last = last.unwrap_or(total - 1).min(total - 1);
                let length = last + 1 - first;
                self.raw(
                    format!(
                        "HTTP/1.1 206 Partial Content\r\nETag: {tag}\r\nContent-Range: bytes {first}-{last}/{total}\r\n\
                         Content-Length: {length}\r\n\r\n"
                    )
                    .as_bytes(),
                );
                (first as usize, last as usize + 1)
            }
            None => {
                self.raw(format!("HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: {total}\r\n\r\n").as_bytes());
                (0, content.len())
            }
        }
    }

    /// What a good server does.
    pub fn file(&self, request: &Request, content: &[u8], tag: &str) {
        let (start, end) = self.head(request, content, tag);
        self.body(&content[start..end]);
    }

    /// The whole file, whatever is asked for.
    pub fn whole(&self, content: &[u8]) {
        self.raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len()).as_bytes());
        self.body(content);
    }
}
