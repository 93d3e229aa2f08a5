//! A panic in a cell becomes a message to the lab's kernel, which shows it as the cell's error.

use super::event;
use super::host::in_lab_kernel;
use serde_json::{Value, json};
use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;
use std::sync::Once;

const MOST_FRAMES: usize = 20;

/// Functions of the standard library.
const OTHERS: [&str; 8] = [
    "std::",
    "core::",
    "alloc::",
    "<std::",
    "<core::",
    "<alloc::",
    "__rust",
    "rust_begin",
];

/// Files of the standard library, of the C library, and this one. (With line tables only, a function's name lacks its path.)
const MACHINERY: [&str; 6] = [
    "/rustc/",
    "/library/std/",
    "notebook/panic.rs",
    "./nptl/",
    "./csu/",
    "/sysdeps/",
];

/// Makes panics of this process arrive at the lab's kernel with message, place and frames, and nothing on standard
/// error. Does nothing outside the lab's kernel, and nothing the second time. The lab's kernel calls it before the
/// first cell.
pub fn attach() {
    static ONCE: Once = Once::new();
    if in_lab_kernel() {
        ONCE.call_once(|| std::panic::set_hook(Box::new(report)));
    }
}

fn report(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a message");
    let thread = std::thread::current().name().unwrap_or("unnamed").to_string();
    let location = info
        .location()
        .map(|l| json!({"file": l.file(), "line": l.line(), "column": l.column()}));
    let frames = frames(&Backtrace::capture().to_string());
    // In a panic there is nobody left to tell that standard output is closed.
    drop(event::send(&json!({
        "event": "panic", "message": message, "thread": thread, "location": location, "frames": frames,
    })));
}

/// The frames that say something to a student, from a backtrace's text: those with a source line, and those of this
/// library and of Burn. The standard library's own are left out.
fn frames(backtrace: &str) -> Vec<Value> {
    let mut found: Vec<(String, Option<(String, u32)>)> = Vec::new();
    for line in backtrace.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(last) = found.last_mut() {
                last.1 = file_and_line(place);
            }
        } else if let Some((number, function)) = line.split_once(": ")
            && number.parse::<u32>().is_ok()
        {
            found.push((function.to_string(), None));
        }
    }
    found
        .into_iter()
        .filter(|(function, place)| match place {
            _ if OTHERS.iter().any(|start| function.starts_with(start)) => false,
            Some((file, _)) => !MACHINERY.iter().any(|part| file.contains(part)),
            None => ["unet_lab", "burn"].iter().any(|own| function.contains(own)),
        })
        .take(MOST_FRAMES)
        .map(|(function, place)| {
            let (file, line) = place.unzip();
            json!({"function": function, "file": file, "line": line})
        })
        .collect()
}

/// `src/lib.rs:12:5` as file and line; a path may itself hold colons.
fn file_and_line(place: &str) -> Option<(String, u32)> {
    let mut parts = place.rsplitn(3, ':');
    let (_column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    Some((file.to_string(), line.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_frames_that_mean_something() {
        let text = "   0: std::backtrace_rs::backtrace::libunwind::trace\n             at /rustc/1/library/std/src/x.rs:117:9\n   \
                    1: unet_lab::notebook::panic::report\n             at /lab/src/notebook/panic.rs:9:1\n   \
                    2: core::panicking::panic_fmt\n   \
                    3: unet_lab::nn::unet::UNet::forward\n             at /lab/src/nn/unet.rs:88:13\n   \
                    4: burn_flex::ops::conv2d\n   \
                    5: run_user_code_3\n             at src/lib.rs:12:5\n   \
                    6: __libc_start_main\n             at ./csu/../csu/libc-start.c:360:3\n   \
                    7: report\n             at ./src/notebook/panic.rs:31:5\n";
        let frames = frames(text);
        assert_eq!(
            Value::from(frames),
            json!([
                {"function": "unet_lab::nn::unet::UNet::forward", "file": "/lab/src/nn/unet.rs", "line": 88},
                {"function": "burn_flex::ops::conv2d", "file": null, "line": null},
                {"function": "run_user_code_3", "file": "src/lib.rs", "line": 12},
            ])
        );
    }

    #[test]
    fn a_disabled_backtrace_has_no_frames_and_a_deep_one_is_cut() {
        assert!(frames("disabled backtrace").is_empty());
        let deep: String = (0..50)
            .map(|i| format!("  {i}: f{i}\n     at src/lib.rs:{i}:1\n"))
            .collect();
        assert_eq!(frames(&deep).len(), MOST_FRAMES);
    }
}
