//! As much of HTTP/1.1 as giving out files takes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::Shelf;

/// The longest request.
const LONGEST_HEAD: u64 = 8 << 10;
const IDLE: Duration = Duration::from_secs(15);
const STALL: Duration = Duration::from_secs(60);

/// A request, as far as it matters.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    method: String,
    path: String,
    range: Option<String>,
    if_range: Option<String>,
    closes: bool,
}

/// Says that there are too many.
pub(super) fn turn_away(mut stream: TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_secs(1)));
    let _ = stream.write_all(
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
}

/// Answers one request after another until the client has enough.
pub(super) fn converse(
    stream: &TcpStream,
    shelves: &BTreeMap<String, Shelf>,
    page: &str,
    stop: &AtomicBool,
    sent: &AtomicU64,
) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(STALL))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while !stop.load(Ordering::Relaxed) {
        let Some(request) = read_request(&mut reader)? else {
            return Ok(());
        };
        answer(stream, &request, shelves, page, stop, sent)?;
        if request.closes {
            return Ok(());
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = reader.take(LONGEST_HEAD);
    let mut line = String::new();
    if head.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let mut request = Request {
        method: words.next().unwrap_or_default().to_owned(),
        path: words.next().unwrap_or_default().to_owned(),
        ..Request::default()
    };
    request.closes = words.next() != Some("HTTP/1.1");
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some((name, value)) = line.split_once(':') else {
            // The empty line ends it; anything else without a colon is no header.
            return if line.trim().is_empty() {
                Ok(Some(request))
            } else {
                Err(io::ErrorKind::InvalidData.into())
            };
        };
        let value = value.trim().to_owned();
        match name.to_ascii_lowercase().as_str() {
            "range" => request.range = Some(value),
            "if-range" => request.if_range = Some(value),
            "connection" if value.eq_ignore_ascii_case("close") => request.closes = true,
            // A request with a body is none of ours.
            "content-length" if value != "0" => request.closes = true,
            "transfer-encoding" => request.closes = true,
            _ => {}
        }
    }
}

fn answer(
    mut stream: &TcpStream,
    request: &Request,
    shelves: &BTreeMap<String, Shelf>,
    page: &str,
    stop: &AtomicBool,
    sent: &AtomicU64,
) -> io::Result<()> {
    let has_body = request.method != "HEAD";
    let mut text = |status: &str, body: &str| {
        let length = body.len();
        let body = if has_body { body } else { "" };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    if request.method != "GET" && request.method != "HEAD" {
        return text("405 Method Not Allowed", "this server only gives files out\n");
    }
    if request.path == "/" {
        return text("200 OK", page);
    }
    let Some(shelf) = shelves.get(&request.path) else {
        return text("404 Not Found", "there is no such file here\n");
    };
    let is_same = request.if_range.as_ref().is_none_or(|tag| *tag == shelf.tag);
    let range = request
        .range
        .as_deref()
        .filter(|_| is_same)
        .and_then(|range| parse_range(range, shelf.bytes));
    let (start, end) = match range {
        Some(Ok(range)) => range,
        None => (0, shelf.bytes),
        Some(Err(())) => {
            let bytes = shelf.bytes;
            return write!(
                stream,
                "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{bytes}\r\nContent-Length: 0\r\n\r\n"
            );
        }
    };
    let mut file = File::open(&shelf.path)?;
    file.seek(SeekFrom::Start(shelf.start.saturating_add(start)))?;
    let length = end.saturating_sub(start);
    let status = if range.is_some() {
        "206 Partial Content"
    } else {
        "200 OK"
    };
    let mut head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\nETag: {}\r\nContent-Length: {length}\r\n",
        shelf.tag
    );
    if range.is_some() {
        let (last, bytes) = (end.saturating_sub(1), shelf.bytes);
        head.push_str(&format!("Content-Range: bytes {start}-{last}/{bytes}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    if !has_body {
        return Ok(());
    }
    let mut left = length;
    let mut buffer = vec![0; 1 << 16];
    while left > 0 && !stop.load(Ordering::Relaxed) {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = file.read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            // The file has become shorter; ending the connection tells the client.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        stream.write_all(buffer.get(..read).unwrap_or_default())?;
        left = left.saturating_sub(read as u64);
        sent.fetch_add(read as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// The part that is asked for as `start..end`; an error where there is none of it; `None` where the whole is to be given, as for
/// several parts at once.
fn parse_range(text: &str, bytes: u64) -> Option<Result<(u64, u64), ()>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    let (start, end) = match (first.is_empty(), last.is_empty()) {
        (true, true) => return None,
        (true, false) => (bytes.saturating_sub(last.parse().ok()?), bytes),
        (false, true) => (first.parse().ok()?, bytes),
        (false, false) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            if last < first {
                return None;
            }
            (first, last.saturating_add(1).min(bytes))
        }
    };
    Some(if start < end { Ok((start, end)) } else { Err(()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        for (text, expected) in [
            ("bytes=0-9", Some(Ok((0, 10)))),
            ("bytes=90-", Some(Ok((90, 100)))),
            ("bytes=-10", Some(Ok((90, 100)))),
            ("bytes=-1000", Some(Ok((0, 100)))),
            ("bytes=90-1000", Some(Ok((90, 100)))),
            ("bytes=100-", Some(Err(()))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=9-0", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("lines=0-9", None),
        ] {
            assert_eq!(parse_range(text, 100), expected, "{text}");
        }
    }

    #[test]
    fn a_request_that_never_ends_is_refused() {
        let endless = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(9000));
        assert!(read_request(&mut endless.as_bytes()).is_err());
        assert!(read_request(&mut &b"GET / HTTP/1.1\r\nHost: a"[..]).is_err());
        assert_eq!(read_request(&mut &b""[..]).unwrap(), None);
        let request = read_request(&mut &b"GET /a HTTP/1.1\r\nrange: bytes=1-2\r\n\r\n"[..])
            .unwrap()
            .unwrap();
        assert_eq!(
            (request.path.as_str(), request.range.as_deref(), request.closes),
            ("/a", Some("bytes=1-2"), false)
        );
    }
}
