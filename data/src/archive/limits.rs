//! How much an archive may become.

/// Bounds on what an archive may unpack to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// The largest number of entries, folders and links included.
    pub entries: u64,
    /// The largest number of bytes in all files together.
    pub bytes: u64,
    /// How many times its own size an archive may become, once it is past [`ArchiveLimits::free_bytes`].
    pub ratio: u64,
    /// Up to this many bytes no ratio is asked for: empty masks are packed a thousandfold.
    pub free_bytes: u64,
}

impl Default for ArchiveLimits {
    /// A million entries, 1 TB, and 200 times the archive's size past the first 2 GiB.
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            bytes: 1_000_000_000_000,
            ratio: 200,
            free_bytes: 2 << 30,
        }
    }
}

impl ArchiveLimits {
    /// The bounds for an archive of so many bytes.
    pub(super) fn for_archive_of(self, packed_bytes: u64) -> Self {
        let swollen = packed_bytes.saturating_mul(self.ratio).max(self.free_bytes);
        Self {
            bytes: self.bytes.min(swollen),
            ..self
        }
    }
}
