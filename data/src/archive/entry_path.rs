//! The names in an archive, made safe.

use super::ArchiveError;

/// The longest name of one file or folder that common file systems take, in bytes.
const LONGEST_PART: usize = 255;
/// The longest path below the folder.
const LONGEST_PATH: usize = 2048;
/// The deepest nesting.
const DEEPEST: usize = 64;

/// The parts of an entry's path, all of them plain names below the folder; empty for the folder itself ("./").
///
/// Both slashes separate, as archives made on Windows have backslashes. A name is refused that is absolute, has a `..`, a drive
/// letter or another colon (an NTFS stream), a control character, is too long, or is a device of Windows, wherever it is unpacked.
pub(super) fn parts(name: &str) -> Result<Vec<&str>, ArchiveError> {
    let refuse = |why| {
        Err(ArchiveError::UnsafeName {
            entry: readable(name),
            why,
        })
    };
    if name.len() > LONGEST_PATH {
        return refuse("which is too long");
    }
    if name.chars().any(char::is_control) {
        return refuse("which has a control character");
    }
    if name.starts_with(['/', '\\']) {
        return refuse("which is absolute");
    }
    let mut parts = Vec::new();
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => continue,
            ".." => return refuse("which leads out of its folder"),
            _ if part.contains(':') => return refuse("which names a drive or a hidden stream"),
            _ if part.len() > LONGEST_PART => return refuse("which is too long"),
            _ if is_device(part) => return refuse("which is a device on Windows"),
            _ => parts.push(part),
        }
    }
    if parts.len() > DEEPEST {
        return refuse("which is nested too deep");
    }
    Ok(parts)
}

/// What programs of other systems leave behind and no data set means: resource forks, folder views.
pub(super) fn is_litter(parts: &[&str]) -> bool {
    parts.contains(&"__MACOSX")
        || parts
            .last()
            .is_some_and(|name| name.starts_with("._") || matches!(*name, ".DS_Store" | "Thumbs.db" | "desktop.ini"))
}

/// Names that Windows gives to devices, with any ending.
fn is_device(part: &str) -> bool {
    let stem = part
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" => true,
        _ => {
            let mut letters = stem.chars();
            let port: String = letters.by_ref().take(3).collect();
            let number: Vec<char> = letters.collect();
            matches!(port.as_str(), "COM" | "LPT") && matches!(number[..], ['1'..='9' | '¹' | '²' | '³'])
        }
    }
}

/// A name that can be shown: control characters escaped, not endless.
pub(super) fn readable(name: &str) -> String {
    name.escape_debug().to_string().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_pass_with_either_slash() {
        assert_eq!(parts("a/b c/d.nii.gz").unwrap(), ["a", "b c", "d.nii.gz"]);
        assert_eq!(parts("./a//b/").unwrap(), ["a", "b"]);
        assert_eq!(parts(r"a\b.png").unwrap(), ["a", "b.png"]);
        assert_eq!(parts("benign (1)_mask.png").unwrap(), ["benign (1)_mask.png"]);
        assert_eq!(parts("...").unwrap(), ["..."]);
        assert_eq!(parts("./").unwrap(), [""; 0]);
        for innocent in ["console.txt", "com10", "common", "auxiliary", "nul_", "lpt"] {
            assert!(parts(innocent).is_ok(), "{innocent}");
        }
    }

    #[test]
    fn names_that_escape_are_refused() {
        let long = "x".repeat(256);
        let deep = "a/".repeat(65);
        let endless = "ab/".repeat(1000);
        for name in [
            "..",
            "../a",
            "a/../../b",
            r"a\..\b",
            r"..\a",
            "/etc/passwd",
            r"\\server\share\a",
            r"\a",
            "C:/a",
            "c:a",
            "a/b:stream",
            "a\0b",
            "a\nb",
            "NUL",
            "con.txt",
            "a/Aux .png",
            "COM1",
            "lpt9.dat",
            "COM²",
            &long,
            &deep,
            &endless,
        ] {
            assert!(matches!(parts(name), Err(ArchiveError::UnsafeName { .. })), "{name:?}");
        }
    }

    #[test]
    fn litter_is_told() {
        for name in ["__MACOSX/a.png", "a/._b.nii.gz", ".DS_Store"] {
            assert!(is_litter(&parts(name).unwrap()), "{name}");
        }
        assert!(!is_litter(&parts("a/.hidden").unwrap()));
    }
}
