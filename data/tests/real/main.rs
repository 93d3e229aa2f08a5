//! The readers against real files. A test whose folder is absent is reported as ignored.
//!
//! `UNET_LAB_REALDATA` names the place; without it `../shared/realdata` beside the checkout is taken.

#[cfg(feature = "dicom")]
mod dicom;
mod doctor;
mod masks;
mod pairs;
mod pictures;
mod transforms;
mod volumes;
mod volumes_written;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let root = RealData::find();
    let trials = [
        #[cfg(feature = "dicom")]
        dicom::trials,
        doctor::trials,
        masks::trials,
        pairs::trials,
        pictures::trials,
        transforms::trials,
        volumes::trials,
        volumes_written::trials,
    ]
    .iter()
    .flat_map(|trials| trials(&root))
    .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The folder of real files, which may be absent.
pub struct RealData(PathBuf);

impl RealData {
    fn find() -> Self {
        let named = std::env::var_os("UNET_LAB_REALDATA").map(PathBuf::from);
        Self(named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/realdata")))
    }

    /// A test of one folder or file, ignored where that is absent.
    pub fn trial(&self, name: &str, part: &str, test: impl FnOnce(PathBuf) + Send + 'static) -> Trial {
        let path = self.0.join(part);
        let is_absent = !path.exists();
        let run = move || {
            test(path);
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(is_absent)
    }
}
