//! Cells that did not run, and cells whose process did not survive them.

use super::collector::Outcome;
use super::failure::CellError;
use super::interrupt::{GRACE, Interrupted};

/// evcxr refused the cell before it ran.
pub fn not_run(error: evcxr::Error, code: &str) -> CellError {
    match error {
        evcxr::Error::CompilationErrors(errors) => CellError::compilation(&errors, code),
        evcxr::Error::TypeRedefinedVariablesLost(names) => CellError::plain(
            "compile error",
            format!(
                "a type was defined anew, so variables of the old type are lost: {}",
                names.join(", ")
            ),
            "Run the cells that make them again.",
        ),
        other => {
            let text = other.to_string();
            CellError::plain("compile error", text.trim(), "")
        }
    }
}

/// The process that ran the cell is gone.
pub fn ended(outcome: &Outcome, interrupted: Interrupted, variables: &[String]) -> CellError {
    let lost = match variables {
        [] => String::new(),
        names => format!(
            "The variables of earlier cells are gone with it ({}): run the cells that make them again.",
            names.join(", ")
        ),
    };
    if interrupted == Interrupted::Forced {
        return CellError::plain(
            "interrupted",
            format!(
                "the cell did not stop within {} s of being asked, so its Rust process was ended",
                GRACE.as_secs()
            ),
            &lost,
        );
    }
    let how = match outcome.exited {
        Some((_, Some(9))) => {
            "the Rust process was killed (signal 9), most often because memory ran out: use smaller images or batches"
                .to_owned()
        }
        Some((_, Some(signal))) => {
            format!("the Rust process crashed ({})", signal_in_words(signal))
        }
        Some((Some(code), None)) => format!("the cell ended its Rust process (exit code {code})"),
        _ => "the Rust process ended".to_owned(),
    };
    CellError::plain("crash", how, &lost)
}

fn signal_in_words(signal: i32) -> String {
    let name = match signal {
        4 => "illegal instruction",
        6 => "aborted",
        7 => "bus error",
        8 => "arithmetic error",
        11 => "invalid memory access",
        15 => "terminated",
        _ => return format!("signal {signal}"),
    };
    format!("signal {signal}, {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended_by(signal: i32) -> CellError {
        let outcome = Outcome {
            exited: Some((None, Some(signal))),
            ..Default::default()
        };
        ended(&outcome, Interrupted::No, &["model".into()])
    }

    #[test]
    fn a_kill_is_explained_by_memory_and_names_what_is_lost() {
        let error = ended_by(9);
        assert!(error.evalue.contains("memory ran out"), "{}", error.evalue);
        assert!(error.traceback.concat().contains("(model)"));
    }

    #[test]
    fn other_signals_are_named() {
        assert!(ended_by(11).evalue.contains("signal 11, invalid memory access"));
        assert!(ended_by(40).evalue.contains("signal 40"));
    }
}
