//! What has been tried since the kernel started.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How it stands with a question. Taught in unit 01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The answer is right.
    Correct,
    /// The answer is wrong.
    Incorrect,
    /// Nothing was answered, or nothing that the question could take for an answer.
    #[default]
    NotAttempted,
}

/// The tries at one question.
#[derive(Clone, Debug, Default)]
pub(super) struct Tries {
    wrong: BTreeSet<String>,
    solved: bool,
    hints: usize,
}

impl Tries {
    /// A right answer: the question stays solved, whatever is tried later.
    pub fn solve(&mut self) {
        self.solved = true;
    }

    /// A wrong answer. Each new one brings a further hint; the same again (a cell that is run twice) does not.
    pub fn fail(&mut self, answer: String) {
        if self.wrong.insert(answer) {
            self.hints += 1;
        }
    }

    /// The student asks for a hint.
    pub fn ask_hint(&mut self) {
        self.hints += 1;
    }

    pub fn hints(&self) -> usize {
        self.hints
    }

    pub fn outcome(&self) -> Outcome {
        match (self.solved, self.wrong.is_empty()) {
            (true, _) => Outcome::Correct,
            (false, false) => Outcome::Incorrect,
            (false, true) => Outcome::NotAttempted,
        }
    }
}

/// The tries at every question, by its id.
pub(super) type Memory = BTreeMap<String, Tries>;

/// The memory of this process. It forgets when the kernel restarts.
pub(super) fn memory() -> MutexGuard<'static, Memory> {
    static MEMORY: Mutex<Memory> = Mutex::new(BTreeMap::new());
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_answers_bring_hints_once_each_and_solved_stays_solved() {
        let mut tries = Tries::default();
        assert_eq!((tries.outcome(), tries.hints()), (Outcome::NotAttempted, 0));
        for answer in ["a", "a", "b"] {
            tries.fail(answer.into());
        }
        assert_eq!((tries.outcome(), tries.hints()), (Outcome::Incorrect, 2));
        tries.solve();
        tries.fail("c".into());
        assert_eq!(tries.outcome(), Outcome::Correct);
    }
}
