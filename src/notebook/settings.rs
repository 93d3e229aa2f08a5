//! What the runner of a notebook asks of it: a quick pass, or a folder of one's own data.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the runner of a notebook asks of it. Taught in unit 02.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// A smoke run: the notebook runs from top to bottom on little data and few epochs (`UNET_LAB_SMOKE=1`).
    pub smoke: bool,
    /// A folder of images to use in place of the phantom (`UNET_LAB_DATA`; unset or empty is `None`).
    pub data: Option<PathBuf>,
}

impl Settings {
    /// `full` in a normal run, `smoke` in a smoke run.
    ///
    /// ```
    /// use unet_lab::notebook::Settings;
    /// assert_eq!(Settings { smoke: true, data: None }.pick(12, 1), 1);
    /// assert_eq!(Settings::default().pick(12, 1), 12);
    /// ```
    pub fn pick<T>(&self, full: T, smoke: T) -> T {
        if self.smoke { smoke } else { full }
    }

    fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Self {
        Self {
            smoke: var("UNET_LAB_SMOKE").is_some_and(|v| v == "1"),
            data: var("UNET_LAB_DATA").filter(|v| !v.is_empty()).map(PathBuf::from),
        }
    }
}

/// The settings of this run, read from the environment: `let epochs = settings().pick(12, 1);`
pub fn settings() -> Settings {
    Settings::from_vars(|name| std::env::var_os(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_two_variables() {
        let read = |smoke: &str, data: &str| {
            let (smoke, data) = (OsString::from(smoke), OsString::from(data));
            Settings::from_vars(move |n| {
                if n == "UNET_LAB_SMOKE" {
                    Some(smoke.clone())
                } else {
                    Some(data.clone())
                }
            })
        };
        assert_eq!(
            read("1", "/d"),
            Settings {
                smoke: true,
                data: Some("/d".into())
            }
        );
        assert_eq!(read("0", ""), Settings::default());
        assert_eq!(Settings::from_vars(|_| None), Settings::default());
    }
}
