//! A file in pieces, over several connections at once.

use std::io::Read;
use std::sync::{Mutex, MutexGuard};

use super::answer::Answer;
use super::back_off::{pause, sleep};
use super::partial::{Partial, write_at};
use super::ranges::Ranges;
use super::request::{Job, Source, is_progress};
use super::transfer::Failure;
use super::{FetchError, Phase, SourceProblem};

/// How a transfer went, where nobody is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All bytes are there.
    Done,
    /// The server does not give parts of files.
    NoParts,
    /// The file there is another than the one begun.
    Changed,
}

/// Why one connection stopped.
enum Stop {
    Outcome(Outcome),
    Failure(Failure),
}

impl From<SourceProblem> for Stop {
    fn from(problem: SourceProblem) -> Self {
        Self::Failure(problem.into())
    }
}

impl From<FetchError> for Stop {
    fn from(error: FetchError) -> Self {
        Self::Failure(error.into())
    }
}

/// What the connections share.
struct Shared<'a> {
    partial: &'a mut Partial,
    /// Pieces that a connection works on.
    claimed: Ranges,
    total: u64,
    workers: usize,
    /// The first reason for all to stop.
    stop: Option<Stop>,
    /// Of a connection that gave up while others went on.
    last_problem: Option<SourceProblem>,
}

struct Pieces<'a> {
    job: &'a Job<'a>,
    source: &'a Source,
    shared: Mutex<Shared<'a>>,
}

/// Downloads all that is missing. `first` is the answer to the request for the first missing piece.
pub(super) fn download_pieces(
    job: &Job,
    source: &Source,
    partial: &mut Partial,
    first: Answer,
) -> Result<Outcome, Failure> {
    let total = partial.total.unwrap_or_default();
    let missing = total.saturating_sub(partial.have.bytes());
    let pieces = missing.div_ceil(job.settings.piece_bytes.max(1));
    let workers = job
        .settings
        .connections
        .clamp(1, 16)
        .min(usize::try_from(pieces).unwrap_or(usize::MAX))
        .max(1);
    // Pieces may come in any order; the file has its full length from the start, without taking the room.
    let shared = Shared {
        partial,
        claimed: Ranges::default(),
        total,
        workers,
        stop: None,
        last_problem: None,
    };
    let pieces = Pieces {
        job,
        source,
        shared: Mutex::new(shared),
    };
    let first_claim = pieces.claim();
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(|| pieces.work(None));
        }
        pieces.work(first_claim.map(|piece| (piece, first)));
    });
    let shared = pieces
        .shared
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    match (shared.stop, shared.last_problem) {
        (Some(Stop::Outcome(outcome)), _) => Ok(outcome),
        (Some(Stop::Failure(failure)), _) => Err(failure),
        _ if shared.partial.is_complete() => Ok(Outcome::Done),
        (None, Some(problem)) => Err(problem.into()),
        (None, None) => Err(SourceProblem::Unreachable("all connections ended".into()).into()),
    }
}

type Piece = (u64, u64);

impl<'a> Pieces<'a> {
    fn lock(&self) -> MutexGuard<'_, Shared<'a>> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The next missing piece that nobody works on.
    fn claim(&self) -> Option<Piece> {
        let mut shared = self.lock();
        if shared.stop.is_some() {
            return None;
        }
        let longest = self.job.settings.piece_bytes.max(1);
        let piece = shared.partial.have.first_gap(&shared.claimed, shared.total, longest)?;
        shared.claimed.insert(piece.0, piece.1);
        Some(piece)
    }

    /// One connection: piece after piece until none is left.
    fn work(&self, first: Option<(Piece, Answer)>) {
        let mut failures = 0;
        let mut first = first;
        loop {
            let (piece, answer) = match first.take() {
                Some((piece, answer)) => (piece, Some(answer)),
                None => match self.claim() {
                    Some(piece) => (piece, None),
                    None => break,
                },
            };
            let mut at = piece.0;
            let result = self.fetch(piece, answer, &mut at);
            self.lock().claimed.remove(piece.0, piece.1);
            let stop = match result {
                Ok(()) => {
                    failures = 0;
                    continue;
                }
                Err(Stop::Failure(Failure::Source(problem))) if problem.may_pass() => {
                    let total = self.lock().total;
                    let gained = at.saturating_sub(piece.0);
                    failures = if is_progress(gained, total) { 1 } else { failures + 1 };
                    match self.may_go_on(problem, failures) {
                        true => continue,
                        false => break,
                    }
                }
                Err(stop) => stop,
            };
            self.lock().stop.get_or_insert(stop);
            break;
        }
        let mut shared = self.lock();
        shared.workers = shared.workers.saturating_sub(1);
    }

    /// After a problem that may pass: a connection among several leaves where the server asks for fewer, and pauses else. The
    /// last one leaves too and hands the problem on, to where it is decided whether to ask again.
    fn may_go_on(&self, problem: SourceProblem, failures: u32) -> bool {
        let mut shared = self.lock();
        let leaves =
            shared.workers == 1 || problem.asks_for_fewer_connections() || failures > self.job.settings.retries;
        if leaves || shared.stop.is_some() {
            shared.last_problem = Some(problem);
            return false;
        }
        drop(shared);
        match sleep(pause(self.job.settings.back_off, failures), self.job.progress) {
            Ok(()) => true,
            Err(error) => {
                self.lock().stop.get_or_insert(error.into());
                false
            }
        }
    }

    /// One piece; `at` is left where it stopped.
    fn fetch(&self, piece: Piece, answer: Option<Answer>, at: &mut u64) -> Result<(), Stop> {
        let mut answer = match answer {
            Some(answer) => answer,
            None => self.ask(piece)?,
        };
        let mut file = self.lock().partial.handle()?;
        let answered_end = answer.part.map_or(piece.1, |(_, end, _)| end).min(piece.1);
        let mut buffer = vec![0; 1 << 17];
        while *at < answered_end {
            if self.job.progress.is_cancelled() {
                return Err(FetchError::Stopped.into());
            }
            let left = usize::try_from(answered_end.saturating_sub(*at)).unwrap_or(usize::MAX);
            let room = buffer.len().min(left);
            let read = match answer.body.read(buffer.get_mut(..room).unwrap_or_default()) {
                Ok(read) => read,
                Err(error) => return Err(self.cut_short(self.job.client.body_problem(error), piece, *at)),
            };
            if read == 0 {
                return Err(self.cut_short(SourceProblem::Unreachable(String::new()), piece, *at));
            }
            let chunk = buffer.get(..read).unwrap_or_default();
            let end = at.saturating_add(read as u64);
            let written = write_at(&mut file, *at, chunk);
            let mut shared = self.lock();
            written.map_err(|error| FetchError::system(shared.partial.path(), &error))?;
            shared.partial.record(*at, end)?;
            *at = end;
            let (bytes, total) = (shared.partial.have.bytes(), shared.total);
            // Told under the lock, so that the numbers only grow.
            self.job.step(Phase::Downloading, bytes, Some(total));
            if shared.stop.is_some() {
                return Ok(());
            }
        }
        // The end of the answer is read, so that the connection can serve again.
        let _ = answer.body.read(&mut [0; 1]);
        Ok(())
    }

    fn cut_short(&self, problem: SourceProblem, piece: Piece, at: u64) -> Stop {
        match problem {
            SourceProblem::Unreachable(_) => SourceProblem::CutShort {
                got: at.saturating_sub(piece.0),
                expected: piece.1.saturating_sub(piece.0),
            }
            .into(),
            other => other.into(),
        }
    }

    /// Asks for a piece of the same file.
    fn ask(&self, piece: Piece) -> Result<Answer, Stop> {
        let (version, total) = {
            let shared = self.lock();
            (shared.partial.version.clone(), shared.total)
        };
        let answer = self
            .job
            .client
            .get(&self.source.url, Some(piece.0..piece.1), version.if_range())?;
        answer.check_success()?;
        match answer.part {
            _ if version.contradicts(&answer.version) => Err(Stop::Outcome(Outcome::Changed)),
            Some((_, _, other)) if other != total => Err(Stop::Outcome(Outcome::Changed)),
            Some((start, _, _)) if start == piece.0 && answer.status == 206 => Ok(answer),
            // The whole file, of the same version as far as can be told.
            _ => Err(Stop::Outcome(Outcome::NoParts)),
        }
    }
}
