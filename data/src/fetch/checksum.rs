//! Checksums of whole files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha256};

/// The checksums of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    pub bytes: u64,
    pub sha256: String,
    /// Only where it was asked for.
    pub md5: Option<String>,
}

/// Lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')));
        text
    })
}

/// Reads the whole file. `watch` is told the bytes read so far and answers whether to go on; `None` where it did not.
pub(super) fn sums_of(path: &Path, with_md5: bool, watch: &dyn Fn(u64) -> bool) -> io::Result<Option<Sums>> {
    let mut file = File::open(path)?;
    let mut sha256 = Sha256::new();
    let mut md5 = with_md5.then(Md5::new);
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0_u64;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if read == 0 {
            break;
        }
        let chunk = buffer.get(..read).unwrap_or_default();
        sha256.update(chunk);
        if let Some(md5) = &mut md5 {
            md5.update(chunk);
        }
        bytes = bytes.saturating_add(read as u64);
        if !watch(bytes) {
            return Ok(None);
        }
    }
    Ok(Some(Sums {
        bytes,
        sha256: hexadecimal(&sha256.finalize()),
        md5: md5.map(|md5| hexadecimal(&md5.finalize())),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        // FIPS 180-4, appendix B.1; RFC 1321, appendix A.5.
        let expected = Sums {
            bytes: 3,
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into(),
            md5: Some("900150983cd24fb0d6963f7d28e17f72".into()),
        };
        assert_eq!(sums_of(&path, true, &|_| true).unwrap(), Some(expected));
        assert_eq!(sums_of(&path, false, &|_| false).unwrap(), None);
    }
}
