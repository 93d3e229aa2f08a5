//! Whether a run fits into memory.

use super::TrainError;

/// Bytes of main memory that are free for new use, or `None` where the system does not say (it does on Linux).
pub fn available_memory() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

/// Refuses what needs more bytes than are free. Where the system does not say how many are, everything passes.
///
/// ```
/// use unet_lab::train::check_memory;
///
/// assert!(check_memory(1 << 20).is_ok());
/// assert!(check_memory(1 << 60).is_err() || cfg!(not(target_os = "linux")));
/// ```
///
/// # Errors
/// [`TrainError::Memory`] with both numbers.
pub fn check_memory(needed: u64) -> Result<(), TrainError> {
    match available_memory() {
        Some(available) if needed > available => Err(TrainError::Memory { needed, available }),
        _ => Ok(()),
    }
}

fn parse(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_writes() {
        let text = "MemTotal:       24593444 kB\nMemFree:  19 kB\nMemAvailable:   22011324 kB\n";
        assert_eq!(parse(text), Some(22_011_324 * 1024));
        assert_eq!(parse("MemTotal: 3 kB\n"), None);
    }

    #[test]
    fn the_refusal_names_both_numbers() {
        let error = TrainError::Memory {
            needed: 5 << 30,
            available: 3 << 29,
        };
        assert!(
            error
                .to_string()
                .starts_with("training needs about 5.0 GiB of memory, but only 1.5 GiB are free")
        );
    }
}
