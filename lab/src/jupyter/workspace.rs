//! The student's own copies of the notebooks.
//!
//! Beside them, in a hidden folder, lies each notebook as it was published when it was copied. A copy that still equals
//! that one is untouched and follows the course; a changed one is never written to: what is new is put beside it.

use std::path::{Path, PathBuf};

use crate::error::SetupError;
use crate::files::write_atomically;

const PUBLISHED: &str = ".published";

/// What happened to one notebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Copied for the first time.
    New(PathBuf),
    /// The course's notebook is newer, and the student had changed nothing.
    Updated(PathBuf),
    /// The course's notebook is newer, and the student's was changed: the new one lies beside it.
    Beside {
        /// The student's notebook, as it was.
        kept: PathBuf,
        /// The new one.
        new: PathBuf,
    },
}

impl Change {
    /// What happened, in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::New(path) => format!("{}: new", path.display()),
            Self::Updated(path) => format!("{}: brought up to date (you had not changed it)", path.display()),
            Self::Beside { kept, new } => format!(
                "{}: yours, left as it is; the course has a newer one, now beside it as {}",
                kept.display(),
                new.display()
            ),
        }
    }
}

/// Copies the notebooks below `published` to `workspace`; paths in the answer are relative to it.
pub fn refresh(published: &Path, workspace: &Path) -> Result<Vec<Change>, SetupError> {
    std::fs::create_dir_all(workspace).map_err(SetupError::io("make your workspace", workspace))?;
    let mut notebooks = Vec::new();
    collect(published, Path::new(""), &mut notebooks)?;
    notebooks.sort();
    let mut changes = Vec::new();
    for relative in notebooks {
        let source = published.join(&relative);
        let now = std::fs::read(&source).map_err(SetupError::io("read the course's notebook", &source))?;
        let own = workspace.join(&relative);
        let record = workspace.join(PUBLISHED).join(&relative);
        let before = std::fs::read(&record).ok();
        match std::fs::read(&own) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                write(&own, &now)?;
                changes.push(Change::New(relative.clone()));
            }
            Err(error) => return Err(SetupError::io("read your notebook", &own)(error)),
            Ok(yours) if yours == now => {}
            Ok(yours) if before.as_ref() == Some(&yours) => {
                write(&own, &now)?;
                changes.push(Change::Updated(relative.clone()));
            }
            Ok(_) if before.as_ref() == Some(&now) => {}
            Ok(_) => {
                let new = free_name(workspace, &relative, &now);
                write(&workspace.join(&new), &now)?;
                changes.push(Change::Beside {
                    kept: relative.clone(),
                    new,
                });
            }
        }
        if before.as_ref() != Some(&now) {
            write(&record, &now)?;
        }
    }
    Ok(changes)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), SetupError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(SetupError::io("make a folder of your workspace", folder))?;
    }
    write_atomically(path, bytes).map_err(SetupError::io("write a notebook", path))
}

/// `02-training.new.ipynb`, or with a number where that exists and is something else.
fn free_name(workspace: &Path, relative: &Path, content: &[u8]) -> PathBuf {
    let stem = relative.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut candidate = relative.with_file_name(format!("{stem}.new.ipynb"));
    let mut number = 2;
    while workspace.join(&candidate).exists()
        && std::fs::read(workspace.join(&candidate)).is_ok_and(|there| there != content)
    {
        candidate = relative.with_file_name(format!("{stem}.new{number}.ipynb"));
        number += 1;
    }
    candidate
}

fn collect(root: &Path, below: &Path, into: &mut Vec<PathBuf>) -> Result<(), SetupError> {
    let folder = root.join(below);
    let entries = std::fs::read_dir(&folder).map_err(SetupError::io("read the course's notebooks", &folder))?;
    for entry in entries {
        let entry = entry.map_err(SetupError::io("read the course's notebooks", &folder))?;
        let name = entry.file_name();
        let relative = below.join(&name);
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            collect(root, &relative, into)?;
        } else if relative.extension().is_some_and(|extension| extension == "ipynb") {
            into.push(relative);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Course {
        _directory: tempfile::TempDir,
        published: PathBuf,
        workspace: PathBuf,
    }

    impl Course {
        fn new() -> Self {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let published = directory.path().join("notebooks");
            std::fs::create_dir_all(published.join("projects")).expect("directories");
            let course = Self {
                workspace: directory.path().join("workspace"),
                published,
                _directory: directory,
            };
            course.publish("01.ipynb", "one");
            course.publish("projects/p.ipynb", "p");
            course
        }

        fn publish(&self, name: &str, text: &str) {
            std::fs::write(self.published.join(name), text).expect("a notebook");
        }

        fn edit(&self, name: &str, text: &str) {
            std::fs::write(self.workspace.join(name), text).expect("a notebook");
        }

        fn read(&self, name: &str) -> String {
            std::fs::read_to_string(self.workspace.join(name)).expect("a notebook")
        }

        fn refresh(&self) -> Vec<Change> {
            refresh(&self.published, &self.workspace).expect("refreshed")
        }
    }

    #[test]
    fn notebooks_are_copied_once_and_folders_with_them() {
        let course = Course::new();
        assert_eq!(
            course.refresh(),
            [Change::New("01.ipynb".into()), Change::New("projects/p.ipynb".into())]
        );
        assert_eq!(course.read("projects/p.ipynb"), "p");
        assert_eq!(course.refresh(), []);
    }

    #[test]
    fn an_untouched_copy_follows_the_course() {
        let course = Course::new();
        course.refresh();
        course.publish("01.ipynb", "better");
        assert_eq!(course.refresh(), [Change::Updated("01.ipynb".into())]);
        assert_eq!(course.read("01.ipynb"), "better");
    }

    #[test]
    fn a_changed_copy_is_never_written_to() {
        let course = Course::new();
        course.refresh();
        course.edit("01.ipynb", "my answers");
        assert_eq!(course.refresh(), []);
        course.publish("01.ipynb", "better");
        let beside = Change::Beside {
            kept: "01.ipynb".into(),
            new: "01.new.ipynb".into(),
        };
        assert_eq!(course.refresh(), [beside]);
        assert_eq!(course.read("01.ipynb"), "my answers");
        assert_eq!(course.read("01.new.ipynb"), "better");
        assert_eq!(course.refresh(), []);
        course.edit("01.new.ipynb", "answers in the new one");
        course.publish("01.ipynb", "better still");
        course.refresh();
        assert_eq!(course.read("01.new.ipynb"), "answers in the new one");
        assert_eq!(course.read("01.new2.ipynb"), "better still");
    }

    #[test]
    fn a_workspace_of_an_older_lab_without_records_loses_nothing() {
        let course = Course::new();
        std::fs::create_dir_all(&course.workspace).expect("a directory");
        course.edit("01.ipynb", "from long ago");
        course.refresh();
        assert_eq!(course.read("01.ipynb"), "from long ago");
        assert_eq!(course.read("01.new.ipynb"), "one");
    }

    #[test]
    fn a_deleted_copy_comes_back() {
        let course = Course::new();
        course.refresh();
        std::fs::remove_file(course.workspace.join("01.ipynb")).expect("removed");
        assert_eq!(course.refresh(), [Change::New("01.ipynb".into())]);
    }
}
