//! Headers written as lines of text.

use std::collections::HashMap;

use super::FormatError;

/// No line of a header that is read is longer; what is longer is no header.
const LONGEST_LINE: usize = 1 << 16;

/// No header is longer.
const LONGEST_HEADER: usize = 1 << 20;

/// The lines of a text header, one at a time.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    /// Where the next line begins.
    pub next: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            next: 0,
            number: 0,
        }
    }

    /// The next line without its end, or none after the last byte. Bytes that are no UTF-8 become U+FFFD.
    pub fn line(&mut self) -> Result<Option<String>, FormatError> {
        let rest = self.bytes.get(self.next..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let reach = rest.get(..rest.len().min(LONGEST_LINE)).unwrap_or_default();
        let end = reach.iter().position(|&byte| byte == b'\n');
        if end.is_none() && rest.len() > LONGEST_LINE || self.next > LONGEST_HEADER {
            return Err(FormatError::Damaged(format!(
                "line {} of its header has no end within {LONGEST_LINE} bytes, or the header none within {LONGEST_HEADER}",
                self.number
            )));
        }
        let line = reach.get(..end.unwrap_or(reach.len())).unwrap_or_default();
        self.next += line.len() + usize::from(end.is_some());
        Ok(Some(String::from_utf8_lossy(line).trim_end_matches('\r').to_owned()))
    }
}

/// Names with values, each once.
#[derive(Default)]
pub(super) struct Fields(HashMap<String, String>);

impl Fields {
    /// # Errors
    /// [`FormatError::Damaged`] if the name has another value already.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), FormatError> {
        if value.contains('\u{fffd}') && !name.eq_ignore_ascii_case("comment") {
            return Err(FormatError::Damaged(format!(
                "the value of {} in its header is no UTF-8: save the header as UTF-8",
                shown(name)
            )));
        }
        match self.get(name) {
            Some(other) if other != value => Err(FormatError::Damaged(format!(
                "its header states {} twice, as \"{}\" and \"{}\"",
                shown(name),
                shown(other),
                shown(value)
            ))),
            Some(_) => Ok(()),
            None => {
                self.0.insert(name.to_owned(), value.to_owned());
                Ok(())
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of the first of several names for the same thing.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    pub fn needed(&self, name: &str) -> Result<&str, FormatError> {
        self.get(name)
            .ok_or_else(|| FormatError::Damaged(format!("its header does not state {name}")))
    }
}

/// The beginning of a value, for messages.
pub(crate) fn shown(value: &str) -> String {
    let readable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let beginning: String = value.chars().take(60).map(readable).collect();
    match value.chars().nth(60) {
        Some(_) => format!("{beginning}..."),
        None => beginning,
    }
}

/// Numbers apart by white space.
pub(super) fn numbers(name: &str, value: &str) -> Result<Vec<f64>, FormatError> {
    value
        .split_whitespace()
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()
        .ok_or_else(|| FormatError::Damaged(format!("{name} should be numbers, but is \"{}\"", shown(value))))
}

/// So many numbers apart by white space.
pub(super) fn exactly<const N: usize>(name: &str, value: &str) -> Result<[f64; N], FormatError> {
    let found = numbers(name, value)?;
    <[f64; N]>::try_from(found.as_slice())
        .map_err(|_| FormatError::Damaged(format!("{name} should be {N} numbers, but is \"{}\"", shown(value))))
}

/// Lengths of axes, each at least 1.
pub(super) fn lengths(name: &str, value: &str, count: usize) -> Result<Vec<usize>, FormatError> {
    let lengths: Option<Vec<usize>> = value
        .split_whitespace()
        .map(|word| word.parse().ok().filter(|&length| length > 0))
        .collect();
    lengths.filter(|lengths| lengths.len() == count).ok_or_else(|| {
        FormatError::Damaged(format!(
            "{name} should be {count} whole numbers above 0, but is \"{}\"",
            shown(value)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_fields_take_no_longer_than_their_lines() {
        let start = std::time::Instant::now();
        let mut fields = Fields::default();
        (0..100_000).for_each(|i| fields.add(&i.to_string(), "a").unwrap());
        assert_eq!(fields.get("99999"), Some("a"));
        assert!(start.elapsed().as_secs() < 3, "{:?}", start.elapsed());
    }

    #[test]
    fn lines_end_with_or_without_a_carriage_return_and_are_bounded() {
        let mut lines = Lines::new(b"a = 1\r\nb\xff\n\nlast");
        let mut found = Vec::new();
        while let Some(line) = lines.line().unwrap() {
            found.push(line);
        }
        assert_eq!(found, ["a = 1", "b\u{fffd}", "", "last"]);
        let long = vec![b'x'; LONGEST_LINE + 2];
        assert!(Lines::new(&long).line().is_err());
    }

    #[test]
    fn a_name_has_one_value() {
        let mut fields = Fields::default();
        fields.add("a", "1").unwrap();
        fields.add("a", "1").unwrap();
        assert!(fields.add("a", "2").unwrap_err().to_string().contains("twice"));
        assert!(fields.add("b", "\u{fffd}").is_err());
        assert_eq!(fields.first(&["c", "a"]), Some("1"));
        assert!(fields.needed("c").is_err());
        assert_eq!(exactly::<2>("x", "1 -2e3").unwrap(), [1.0, -2000.0]);
        assert!(exactly::<2>("x", "1").is_err() && lengths("x", "1 0", 2).is_err() && lengths("x", "1 2", 3).is_err());
    }
}
