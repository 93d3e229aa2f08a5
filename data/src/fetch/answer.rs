//! What a server answered.

use std::io::Read;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, Response};

use super::SourceProblem;

/// Status and headers that matter, and the body still to be read.
pub(super) struct Answer {
    pub status: u16,
    /// Of the body.
    pub length: Option<u64>,
    /// `start..end` of the file and the file's length, of an answer with a part.
    pub part: Option<(u64, u64, u64)>,
    pub version: Version,
    pub is_html: bool,
    retry_after: Option<Duration>,
    pub body: Box<dyn Read + Send>,
}

/// What tells one version of a file from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(super) struct Version {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Version {
    /// What goes into `If-Range`: a strong tag, or a date.
    pub fn if_range(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }

    /// Whether both were told of and one differs.
    pub fn contradicts(&self, other: &Self) -> bool {
        let differ = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
        differ(&self.etag, &other.etag) || (self.etag.is_none() && differ(&self.last_modified, &other.last_modified))
    }
}

impl Answer {
    pub fn new(response: Response<ureq::Body>) -> Result<Self, SourceProblem> {
        let (parts, body) = response.into_parts();
        let headers = &parts.headers;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        if let Some(coding) = text("content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
            let problem = format!("it packs the file once more ({coding}), which was not asked for");
            return Err(SourceProblem::Protocol(problem));
        }
        let owned = |name| text(name).filter(|value| !value.is_empty()).map(str::to_owned);
        Ok(Self {
            status: parts.status.as_u16(),
            length: body.content_length(),
            part: text("content-range").and_then(parse_content_range),
            version: Version {
                etag: owned("etag"),
                last_modified: owned("last-modified"),
            },
            is_html: text("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html")),
            retry_after: retry_after(headers),
            body: Box::new(body.into_reader()),
        })
    }

    /// An error for any status but 200 and 206.
    pub fn check_success(&self) -> Result<(), SourceProblem> {
        match self.status {
            200 | 206 => Ok(()),
            300..=399 => Err(SourceProblem::Redirects),
            code => Err(SourceProblem::Status {
                code,
                retry_after: self.retry_after,
            }),
        }
    }
}

/// `bytes 0-99/1000` as (0, 100, 1000).
fn parse_content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = text.strip_prefix("bytes")?.trim_start().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, total): (u64, u64, u64) = (
        first.trim().parse().ok()?,
        last.trim().parse().ok()?,
        total.trim().parse().ok()?,
    );
    (first <= last && last < total).then(|| (first, last.saturating_add(1), total))
}

/// Seconds from now; the other form, a date, by the server's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = headers.get("date").and_then(|date| parse_date(date.to_str().ok()?));
    let now = now.or_else(|| SystemTime::UNIX_EPOCH.elapsed().ok().map(|since| since.as_secs()))?;
    Some(Duration::from_secs(parse_date(value)?.saturating_sub(now)))
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7; its preferred form).
fn parse_date(text: &str) -> Option<u64> {
    let mut words = text.split_once(", ")?.1.split([' ', ':']);
    let number = |words: &mut dyn Iterator<Item = &str>| words.next()?.parse::<u64>().ok();
    let day = number(&mut words)?;
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let name = words.next()?;
    let month = months.iter().position(|month| *month == name)? as u64;
    let year = number(&mut words)?;
    let (hour, minute, second) = (number(&mut words)?, number(&mut words)?, number(&mut words)?);
    if !(1970..10_000).contains(&year) || !(1..=31).contains(&day) || hour > 24 || minute > 60 || second > 61 {
        return None;
    }
    // Years that begin in March have their leap day at the end; 719468 days lie between 0000-03-01 and 1970-01-01.
    let (year, month) = if month < 2 {
        (year - 1, month + 10)
    } else {
        (year, month - 2)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + (day - 1);
    days.checked_sub(719_468)?
        .checked_mul(86_400)?
        .checked_add(hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_that_make_no_sense_are_none() {
        assert_eq!(parse_content_range("bytes 0-99/1000"), Some((0, 100, 1000)));
        for wrong in [
            "bytes 5-4/10",
            "bytes 0-10/10",
            "bytes */10",
            "bytes 0-9/*",
            "0-9/10",
            "bytes -1-2/3",
            "",
        ] {
            assert_eq!(parse_content_range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dates_are_seconds_since_1970() {
        // `date -u -d '1994-11-06 08:49:37' +%s` and so on.
        assert_eq!(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse_date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        assert_eq!(parse_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse_date("tomorrow"), None);
    }

    #[test]
    fn versions_contradict_only_where_both_are_known() {
        let version = |etag: Option<&str>, date: Option<&str>| Version {
            etag: etag.map(str::to_owned),
            last_modified: date.map(str::to_owned),
        };
        assert!(version(Some("a"), None).contradicts(&version(Some("b"), None)));
        assert!(!version(Some("a"), None).contradicts(&version(None, None)));
        assert!(version(None, Some("x")).contradicts(&version(None, Some("y"))));
        assert!(!version(Some("a"), Some("x")).contradicts(&version(Some("a"), Some("y"))));
        assert_eq!(version(Some("W/\"a\""), Some("x")).if_range(), Some("x"));
        assert_eq!(version(Some("\"a\""), Some("x")).if_range(), Some("\"a\""));
    }
}
