//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::data::DataError;

/// Writes a file so that, whenever the process or the machine stops, either the old file is there or the new one: to a
/// temporary file beside it, onto the disk, and only then under its name.
///
/// # Errors
/// [`DataError::Unwritable`].
pub(super) fn write_atomic(path: &Path, parts: &[&[u8]]) -> Result<(), DataError> {
    attempt(path, parts).map_err(|error| DataError::Unwritable {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

fn attempt(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let mut file = File::create(&temporary)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    // The name, too, must reach the disk; systems that cannot open a folder keep it by themselves.
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        folder.sync_all().ok();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        write_atomic(&path, &[b"old"]).unwrap();
        write_atomic(&path, &[b"ne", b"w"]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn names_the_file_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomic(folder.path(), &[b"x"]).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot write {}", folder.path().display())),
            "{error}"
        );
    }
}
