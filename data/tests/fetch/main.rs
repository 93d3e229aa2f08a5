//! Downloads, against servers that misbehave and processes that die.

#[cfg(feature = "fetch")]
mod addresses;
#[cfg(feature = "fetch")]
mod archives;
#[cfg(feature = "fetch")]
mod bench;
#[cfg(feature = "fetch")]
mod broken_archives;
#[cfg(feature = "fetch")]
mod cache;
#[cfg(feature = "fetch")]
mod mirrors;
#[cfg(feature = "fetch")]
mod processes;
#[cfg(feature = "fetch")]
mod rooms;
#[cfg(feature = "fetch")]
mod server;
#[cfg(feature = "fetch")]
mod servers;

#[cfg(feature = "fetch")]
fn main() -> std::process::ExitCode {
    if let Some(code) = processes::run_if_child() {
        return code;
    }
    let trials = [
        servers::trials,
        mirrors::trials,
        addresses::trials,
        archives::trials,
        broken_archives::trials,
        cache::trials,
        processes::trials,
        rooms::trials,
    ];
    let trials = trials.iter().flat_map(|trials| trials()).collect();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit_code()
}

#[cfg(not(feature = "fetch"))]
fn main() {}
