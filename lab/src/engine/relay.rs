//! The process between evcxr and the process that runs cells.
//!
//! evcxr starts this program anew as its child ([`run_if_child`]). The relay starts it once more to run the cells,
//! hands it standard input, and rewrites its output into [`super::frames`]. When the cells' process dies the relay says
//! how; when the session dies the kernel of the operating system ends both.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, ExitStatus, Stdio};

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::frames::Frame;
use super::rewriter::{Outgoing, Rewriter};

/// Set by evcxr in its child.
const EVCXR_CHILD: &str = "EVCXR_IS_RUNTIME";
const RELAYED: &str = "UNET_LAB_RELAYED";
/// How long text may wait for more before it is shown.
const IDLE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 25_000_000,
};

/// How long text may be held while more keeps coming.
const HOLD: Duration = Duration::from_millis(100);

/// Becomes the relay, or the process that runs cells, where this process is evcxr's child; returns otherwise. Must be the
/// first call of `main`.
pub fn run_if_child() {
    if std::env::var_os(EVCXR_CHILD).is_none() {
        return;
    }
    die_with_parent();
    if std::env::var_os(RELAYED).is_none() {
        match relay() {
            Ok(code) => std::process::exit(code),
            Err(error) => {
                eprintln!("the process that runs cells could not be started: {error}");
                std::process::exit(99);
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn die_with_parent() {
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent() {}

fn relay() -> std::io::Result<i32> {
    let mut cells = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(RELAYED, "1")
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (Some(mut stdout), Some(mut stderr)) = (cells.stdout.take(), cells.stderr.take()) else {
        return Err(std::io::Error::other("no pipes to the process"));
    };
    let mut rewriter = Rewriter::for_new_process();
    let mut buffer = vec![0; 1 << 16];
    let (mut stdout_open, mut stderr_open) = (true, true);
    let mut shown = Instant::now();
    while stdout_open || stderr_open {
        let (stdout_ready, stderr_ready) = {
            let mut waiting = Vec::with_capacity(2);
            if stdout_open {
                waiting.push(PollFd::new(&stdout, PollFlags::IN));
            }
            if stderr_open {
                waiting.push(PollFd::new(&stderr, PollFlags::IN));
            }
            if poll(&mut waiting, Some(&IDLE))? == 0 {
                send(rewriter.idle())?;
                poll(&mut waiting, None)?;
                shown = Instant::now();
            }
            let ready: Vec<bool> = waiting.iter().map(|fd| !fd.revents().is_empty()).collect();
            (stdout_open && ready[0], stderr_open && ready[usize::from(stdout_open)])
        };
        if stdout_ready {
            match stdout.read(&mut buffer)? {
                0 => stdout_open = false,
                read => {
                    let mut drain = || drain(&mut stderr, &mut stderr_open);
                    send(rewriter.stdout(&buffer[..read], &mut drain))?;
                }
            }
        } else if stderr_ready {
            match stderr.read(&mut buffer)? {
                0 => stderr_open = false,
                read => rewriter.stderr(&buffer[..read]),
            }
        }
        if shown.elapsed() > HOLD {
            send(rewriter.idle())?;
            shown = Instant::now();
        }
    }
    let status = cells.wait()?;
    let mut last = rewriter.finish();
    last.push(Outgoing::Frame(exited(status)));
    send(last)?;
    Ok(status.code().unwrap_or(1))
}

/// Reads what is there without waiting for more.
fn drain(stderr: &mut (impl Read + AsFd), open: &mut bool) -> Vec<u8> {
    let mut collected = Vec::new();
    let mut buffer = [0; 4096];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    while *open {
        let ready = poll(&mut [PollFd::new(&*stderr, PollFlags::IN)], Some(&now));
        if !ready.is_ok_and(|count| count > 0) {
            break;
        }
        match stderr.read(&mut buffer) {
            Ok(0) | Err(_) => *open = false,
            Ok(read) => collected.extend_from_slice(&buffer[..read]),
        }
    }
    collected
}

fn send(lines: Vec<Outgoing>) -> std::io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut stdout = std::io::stdout().lock();
    for line in lines {
        match line {
            Outgoing::Frame(frame) => writeln!(stdout, "{}", frame.to_line())?,
            Outgoing::Raw(line) => writeln!(stdout, "{line}")?,
        }
    }
    stdout.flush()
}

fn exited(status: ExitStatus) -> Frame {
    use std::os::unix::process::ExitStatusExt;
    Frame::Exited {
        code: status.code(),
        signal: status.signal(),
    }
}
