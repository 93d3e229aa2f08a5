//! Cases kept in memory, the longest unused given up first.

use std::collections::HashMap;
use std::sync::Arc;

use crate::transform::Subject;

/// Cases up to so many bytes.
#[derive(Debug, Default)]
pub(super) struct Memory {
    budget: usize,
    used: usize,
    clock: u64,
    cases: HashMap<usize, Kept>,
}

#[derive(Debug)]
struct Kept {
    subject: Arc<Subject>,
    bytes: usize,
    last_used: u64,
}

impl Memory {
    pub fn with_budget(budget: usize) -> Self {
        Self {
            budget,
            ..Self::default()
        }
    }

    pub fn get(&mut self, index: usize) -> Option<Arc<Subject>> {
        self.clock += 1;
        let kept = self.cases.get_mut(&index)?;
        kept.last_used = self.clock;
        Some(Arc::clone(&kept.subject))
    }

    /// Keeps a case, unless it alone is over the budget.
    pub fn insert(&mut self, index: usize, subject: &Arc<Subject>) {
        let bytes = subject.bytes();
        if bytes > self.budget {
            return;
        }
        if let Some(old) = self.cases.remove(&index) {
            self.used -= old.bytes;
        }
        while self.used + bytes > self.budget {
            let oldest = self.cases.iter().min_by_key(|(_, kept)| kept.last_used);
            let Some(kept) = oldest
                .map(|(&index, _)| index)
                .and_then(|index| self.cases.remove(&index))
            else {
                break;
            };
            self.used -= kept.bytes;
        }
        self.used += bytes;
        self.clock += 1;
        self.cases.insert(
            index,
            Kept {
                subject: Arc::clone(subject),
                bytes,
                last_used: self.clock,
            },
        );
    }

    pub fn used(&self) -> usize {
        self.used
    }
}
