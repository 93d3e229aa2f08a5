//! How much room there is.

use std::path::Path;

use crate::files::available_bytes;

/// Tells how much room there is.
pub trait Disk: Send + Sync {
    /// Bytes free for this user where `path` is or would be; `None` where that is unknown.
    fn available(&self, path: &Path) -> Option<u64>;
}

/// The machine's own disks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn available(&self, path: &Path) -> Option<u64> {
        available_bytes(path)
    }
}
