//! Pauses between attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::{FetchError, Progress};

/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(60);

/// The pause before attempt `failures` + 1: `first`, doubled each time, and up to half as much again by chance, so that the
/// computers of a room do not all come back at once.
pub(super) fn pause(first: Duration, failures: u32) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
    // A new hasher has random keys; that is chance enough.
    let chance = RandomState::new().hash_one(failures) as u32 as f64 / f64::from(u32::MAX);
    doubled.min(LONGEST).mul_f64(1.0 + 0.5 * chance)
}

/// Sleeps, but not past a wish to stop.
pub(super) fn sleep(pause: Duration, progress: &dyn Progress) -> Result<(), FetchError> {
    let end = Instant::now().checked_add(pause);
    loop {
        if progress.is_cancelled() {
            return Err(FetchError::Stopped);
        }
        let left = end.map_or(Duration::ZERO, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_a_half() {
        let first = Duration::from_millis(500);
        for (failures, least) in [(1, 500), (2, 1000), (3, 2000), (10, 60_000), (u32::MAX, 60_000)] {
            let pause = pause(first, failures).as_millis();
            assert!((least..=least * 3 / 2).contains(&pause), "{failures}: {pause}");
        }
    }
}
