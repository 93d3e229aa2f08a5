//! File system helpers that the standard library lacks.

use std::io;
use std::path::Path;

/// Writes a file so that a reader, or a crash, sees the old content or the new, never half of it. Its folder must be there: what
/// writes into a session that has ended must not bring its folder back.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        folder.metadata()?;
    }
    unet_lab_data::files::write_atomically(path, |out| out.write_all(bytes))
}

/// Megabytes free for this user on the file system of `path` or of its nearest existing ancestor.
pub fn available_mb(path: &Path) -> Option<u64> {
    Some(unet_lab_data::files::available_bytes(path)? / (1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_makes_no_folder() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("missing").join("a.json");
        assert!(write_atomically(&path, b"x").is_err());
        assert!(!directory.path().join("missing").exists());
        assert!(write_atomically(&directory.path().join("a.json"), b"x").is_ok());
    }
}
