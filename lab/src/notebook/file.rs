//! Reading and writing `.ipynb` files.

use std::path::{Path, PathBuf};

use nbformat::Notebook;
use nbformat::v4;

use crate::files::write_atomically;

/// A notebook file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NotebookError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}. Check the path.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is no notebook.
    #[error(
        "{} is not a usable notebook: {reason}. It may have been cut off or edited by hand; take a fresh copy from notebooks/, or \
         restore it from Jupyter's .ipynb_checkpoints.",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It cannot be written.
    #[error("{} cannot be written: {source}.", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// A notebook with its place.
#[derive(Debug)]
pub struct NotebookFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its content, in format 4.5.
    pub content: v4::Notebook,
}

/// What the course's notebooks say about a cell, in its metadata under `unet_lab`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct CellPlan {
    /// Text that the cell's output must contain.
    pub expect: Vec<String>,
}

impl NotebookFile {
    /// Reads a notebook of any version that Jupyter still opens.
    pub fn read(path: &Path) -> Result<Self, NotebookError> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::InvalidData => NotebookError::Corrupt {
                path: path.into(),
                reason: "it is not UTF-8 text".into(),
            },
            _ => NotebookError::Unreadable {
                path: path.into(),
                source,
            },
        })?;
        let corrupt = |reason: String| NotebookError::Corrupt {
            path: path.into(),
            reason,
        };
        let content = match nbformat::parse_notebook(&text) {
            Ok(Notebook::V4(notebook)) => notebook,
            Ok(Notebook::V4QuirksMode(quirks)) => quirks.repair(),
            Ok(Notebook::Legacy(old)) => {
                nbformat::upgrade_legacy_notebook(old).map_err(|error| corrupt(error.to_string()))?
            }
            Ok(Notebook::V3(old)) => nbformat::upgrade_v3_notebook(old).map_err(|error| corrupt(error.to_string()))?,
            Ok(_) => return Err(corrupt("its format is not known".into())),
            Err(error) => return Err(corrupt(error.to_string())),
        };
        Ok(Self {
            path: path.to_path_buf(),
            content,
        })
    }

    /// Writes it elsewhere, whole or not at all.
    pub fn write(content: &v4::Notebook, path: &Path) -> Result<(), NotebookError> {
        let text =
            nbformat::serialize_notebook(&Notebook::V4(content.clone())).map_err(|error| NotebookError::Corrupt {
                path: path.into(),
                reason: error.to_string(),
            })?;
        write_atomically(path, text.as_bytes()).map_err(|source| NotebookError::Unwritable {
            path: path.into(),
            source,
        })
    }

    /// How many cells hold code.
    pub fn code_cells(&self) -> usize {
        let is_code = |cell: &&v4::Cell| matches!(cell, v4::Cell::Code { .. });
        self.content.cells.iter().filter(is_code).count()
    }
}

impl CellPlan {
    /// The plan in a cell's metadata.
    pub fn of(metadata: &v4::CellMetadata) -> Self {
        metadata
            .additional
            .get("unet_lab")
            .and_then(|plan| serde_json::from_value(plan.clone()).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTEBOOK: &str = r#"{"cells":[
        {"cell_type":"markdown","id":"a","metadata":{},"source":["text"]},
        {"cell_type":"code","id":"b","metadata":{"unet_lab":{"expect":["42"]}},"execution_count":null,"outputs":[],"source":["40 + 2"]}
    ],"metadata":{},"nbformat":4,"nbformat_minor":5}"#;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("a.ipynb");
        std::fs::write(&path, text).expect("a file");
        (directory, path)
    }

    #[test]
    fn a_notebook_survives_reading_and_writing() {
        let (directory, path) = file(NOTEBOOK);
        let notebook = NotebookFile::read(&path).expect("a notebook");
        assert_eq!(notebook.code_cells(), 1);
        assert_eq!(CellPlan::of(notebook.content.cells[1].metadata()).expect, ["42"]);
        let copy = directory.path().join("b.ipynb");
        NotebookFile::write(&notebook.content, &copy).expect("written");
        let again = NotebookFile::read(&copy).expect("a notebook");
        assert_eq!(again.content.cells[1].source().concat(), "40 + 2");
    }

    #[test]
    fn corrupt_notebooks_are_named_with_a_remedy() {
        for text in ["", "{\"cells\": [", "[]", "{\"nbformat\": 9}"] {
            let (_directory, path) = file(text);
            let error = NotebookFile::read(&path).expect_err("not a notebook").to_string();
            assert!(error.contains("a.ipynb") && error.contains("fresh copy"), "{error}");
        }
    }

    #[test]
    fn a_missing_notebook_is_said_to_be_unreadable() {
        let error = NotebookFile::read(Path::new("/nonexistent/x.ipynb")).expect_err("missing");
        assert!(matches!(error, NotebookError::Unreadable { .. }));
    }
}
