//! One file from one source, whatever that does.

use std::io::Read;

use super::answer::Answer;
use super::back_off::{pause, sleep};
use super::partial::{Partial, write_at};
use super::pieces::{Outcome, download_pieces};
use super::request::{Job, Source, is_progress};
use super::{FetchError, Phase, SourceProblem};

/// A file that was replaced this often while it was downloaded is given up.
const MOST_CHANGES: u32 = 3;
/// As much as a web page's title needs.
const BEGINNING: u64 = 2048;

/// Why a transfer ended: the source's fault, or the machine's or the person's.
#[derive(Debug)]
pub(super) enum Failure {
    Source(SourceProblem),
    Local(FetchError),
}

impl From<SourceProblem> for Failure {
    fn from(problem: SourceProblem) -> Self {
        Self::Source(problem)
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Local(error)
    }
}

/// Downloads what is missing of `partial` from a source.
///
/// Asks for a part first. A server that gives it is asked for the other parts too, over several connections; one that
/// does not is read from the beginning to the end.
pub(super) fn transfer(job: &Job, source: &Source, partial: &mut Partial) -> Result<(), Failure> {
    adopt(job, source, partial)?;
    let mut gives_parts = true;
    let mut failures = 0;
    let mut changes = 0;
    while !partial.is_complete() {
        let before = partial.have.bytes();
        let outcome = attempt(job, source, partial, gives_parts);
        if partial.total.is_some() {
            let _ = partial.write_journal();
        }
        let problem = match outcome {
            Ok(Outcome::Done) => break,
            Ok(Outcome::NoParts) => {
                gives_parts = false;
                continue;
            }
            Ok(Outcome::Changed) => {
                changes += 1;
                partial.reset()?;
                if changes > MOST_CHANGES {
                    return Err(SourceProblem::Changing.into());
                }
                job.progress
                    .note(&format!("{} has changed at {}: it begins again", job.file, source.url));
                adopt(job, source, partial)?;
                continue;
            }
            Err(Failure::Source(problem)) if problem.may_pass() => problem,
            Err(failure) => return Err(failure),
        };
        let gained = partial.have.bytes().saturating_sub(before);
        let is_something = gives_parts && is_progress(gained, partial.total.unwrap_or(0));
        failures = if is_something { 1 } else { failures + 1 };
        if failures > job.settings.retries {
            return Err(problem.into());
        }
        let asked = match problem {
            SourceProblem::Status { retry_after, .. } => retry_after,
            _ => None,
        };
        if asked.is_some_and(|asked| asked > job.settings.longest_retry_after) {
            return Err(problem.into());
        }
        sleep(
            asked.unwrap_or_default().max(pause(job.settings.back_off, failures)),
            job.progress,
        )?;
    }
    Ok(())
}

/// Makes the partial file this source's. Bytes of another source stay only where a checksum will judge the whole.
fn adopt(job: &Job, source: &Source, partial: &mut Partial) -> Result<(), FetchError> {
    if partial.source != source.key {
        if partial.have.bytes() > 0 && job.has_checksum {
            partial.mixed = true;
            partial.version = Default::default();
        } else {
            partial.reset()?;
        }
        partial.source.clone_from(&source.key);
    }
    Ok(())
}

/// One request, and all that follow from its answer.
fn attempt(job: &Job, source: &Source, partial: &mut Partial, gives_parts: bool) -> Result<Outcome, Failure> {
    let gap = |partial: &Partial| {
        let total = partial.total.or(job.bytes).unwrap_or(u64::MAX);
        partial
            .have
            .first_gap(&Default::default(), total, job.settings.piece_bytes.max(1))
    };
    let part = gap(partial).filter(|_| gives_parts);
    let if_range = partial.version.if_range().map(str::to_owned);
    let range = part.map(|(start, end)| start..end);
    let answer = job.client.get(&source.url, range, if_range.as_deref())?;
    match (answer.status, part) {
        (206, Some((start, _))) => {
            let Some((answered, _, total)) = answer.part.filter(|&(answered, ..)| answered == start) else {
                return Ok(Outcome::NoParts);
            };
            debug_assert_eq!(answered, start);
            refuse_wrong_length(job.bytes, total)?;
            let is_other =
                partial.total.is_some_and(|known| known != total) || partial.version.contradicts(&answer.version);
            if is_other {
                return Ok(Outcome::Changed);
            }
            if answer.is_html {
                // Most likely a web page; the whole of it is looked at.
                return Ok(Outcome::NoParts);
            }
            if partial.total.is_none() {
                job.check_room(total, partial)?;
            }
            partial.total = Some(total);
            partial.version = answer.version.clone();
            download_pieces(job, source, partial, answer)
        }
        (416, Some((start, _))) => {
            if start == 0 || partial.have.bytes() == 0 {
                return Ok(Outcome::NoParts);
            }
            Ok(Outcome::Changed)
        }
        (206, None) => Err(SourceProblem::Protocol("it gives a part where the whole was asked for".into()).into()),
        _ => {
            answer.check_success()?;
            download_whole(job, source, partial, answer)
        }
    }
}

/// Reads the whole file from the beginning.
fn download_whole(job: &Job, source: &Source, partial: &mut Partial, mut answer: Answer) -> Result<Outcome, Failure> {
    let total = answer.length.or(job.bytes);
    partial.reset()?;
    partial.source.clone_from(&source.key);
    partial.version = answer.version.clone();
    if let Some(total) = total.filter(|_| !answer.is_html) {
        job.check_room(total, partial)?;
    }
    let mut file = partial.handle()?;
    let mut buffer = vec![0; 1 << 17];
    let mut at = 0_u64;
    loop {
        if job.progress.is_cancelled() {
            return Err(FetchError::Stopped.into());
        }
        let read = match answer.body.read(&mut buffer) {
            Ok(read) => read,
            Err(error) => return Err(cut_short(job, error, at, total)),
        };
        if read == 0 {
            break;
        }
        let chunk = buffer.get(..read).unwrap_or_default();
        if at == 0 {
            refuse_html(chunk, answer.is_html, job)?;
            answer
                .length
                .map_or(Ok(()), |length| refuse_wrong_length(job.bytes, length))?;
        }
        let end = at.saturating_add(read as u64);
        if let Some(expected) = job.bytes.filter(|&expected| end > expected) {
            return Err(SourceProblem::WrongLength { expected, found: end }.into());
        }
        write_at(&mut file, at, chunk).map_err(|error| FetchError::system(partial.path(), &error))?;
        partial.have.insert(at, end);
        at = end;
        job.step(Phase::Downloading, at, total);
    }
    match total {
        Some(expected) if expected != at => Err(SourceProblem::CutShort { got: at, expected }.into()),
        _ => {
            partial.total = Some(at);
            job.step(Phase::Downloading, at, total);
            Ok(Outcome::Done)
        }
    }
}

fn cut_short(job: &Job, error: std::io::Error, got: u64, total: Option<u64>) -> Failure {
    let problem = job.client.body_problem(error);
    match (problem, total) {
        (SourceProblem::Unreachable(_), Some(expected)) => SourceProblem::CutShort { got, expected }.into(),
        (problem, _) => problem.into(),
    }
}

fn refuse_wrong_length(expected: Option<u64>, found: u64) -> Result<(), SourceProblem> {
    match expected.filter(|&expected| expected != found) {
        Some(expected) => Err(SourceProblem::WrongLength { expected, found }),
        None => Ok(()),
    }
}

/// A web page begins as one; what is called one and is text may be the page of a log-in.
fn refuse_html(beginning: &[u8], is_html: bool, job: &Job) -> Result<(), SourceProblem> {
    let text = String::from_utf8_lossy(beginning.get(..beginning.len().min(64)).unwrap_or_default());
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let looks_so = text.starts_with("<!doctype html") || text.starts_with("<html");
    let is_text = !text.contains(['\0', '\u{fffd}']);
    if (looks_so || (is_html && is_text)) && !job.file.ends_with(".html") {
        return Err(SourceProblem::WebPage {
            title: title_of(beginning),
        });
    }
    Ok(())
}

/// What a web page calls itself, or how it begins.
fn title_of(page: &[u8]) -> String {
    let text = String::from_utf8_lossy(page.get(..page.len().min(BEGINNING as usize)).unwrap_or_default());
    let lower = text.to_ascii_lowercase();
    let between = lower.find("<title").and_then(|tag| {
        let start = lower.get(tag..)?.find('>')?.checked_add(tag)?.checked_add(1)?;
        let length = lower.get(start..)?.find('<')?;
        text.get(start..start.checked_add(length)?)
    });
    let words: Vec<&str> = between.unwrap_or(&text).split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_its_title() {
        let page = b"<!DOCTYPE html><HTML><head><Title lang=\"en\">\n Sign in \n please</title>";
        assert_eq!(title_of(page), "Sign in please");
        assert_eq!(title_of(b"<html><title>never ends"), "<html><title>never ends");
        assert_eq!(title_of(b""), "");
    }
}
