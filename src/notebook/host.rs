//! Where the program runs, told by its environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Who reads what the program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// The lab's kernel, which turns marked lines into live displays.
    Lab,
    /// Another evcxr kernel, which shows figures when the cell ends.
    Evcxr,
    /// A terminal, a test, a file.
    Plain,
}

impl Host {
    fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Self {
        if var("UNET_LAB_KERNEL").is_some_and(|v| v == "1") {
            Self::Lab
        } else if var("EVCXR_IS_RUNTIME").is_some() {
            Self::Evcxr
        } else {
            Self::Plain
        }
    }
}

/// The host of this process, found out once.
pub(crate) fn host() -> Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    *HOST.get_or_init(|| Host::from_vars(|name| std::env::var_os(name)))
}

/// Whether the code runs in a cell of the lab's own kernel, where displays can be updated in place.
pub fn in_lab_kernel() -> bool {
    host() == Host::Lab
}

/// Whether the student has pressed "interrupt". Long loops ask between two steps and then return what they have: the
/// trainer asks after every batch. Always false outside the lab's kernel. Costs one look at the file system.
pub fn interrupted() -> bool {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    requested(
        FILE.get_or_init(|| std::env::var_os("UNET_LAB_INTERRUPT").map(PathBuf::from))
            .as_deref(),
    )
}

fn requested(file: Option<&Path>) -> bool {
    file.is_some_and(Path::exists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lab_wins_over_evcxr_and_nothing_is_plain() {
        let with = |set: &'static [(&str, &str)]| {
            Host::from_vars(move |name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)))
        };
        assert_eq!(with(&[("UNET_LAB_KERNEL", "1"), ("EVCXR_IS_RUNTIME", "1")]), Host::Lab);
        assert_eq!(with(&[("EVCXR_IS_RUNTIME", "1")]), Host::Evcxr);
        assert_eq!(with(&[("UNET_LAB_KERNEL", "0")]), Host::Plain);
        assert_eq!(with(&[]), Host::Plain);
    }

    #[test]
    fn the_interrupt_is_a_file_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("interrupt");
        assert!(!requested(None) && !requested(Some(&file)));
        std::fs::write(&file, "").unwrap();
        assert!(requested(Some(&file)));
    }
}
