//! `unet-lab doctor`: is this machine fit for the lab, and if not, what mends it?

use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use crate::engine::{Freshness, Template};
use crate::error::SetupError;
use crate::files::available_mb;
use crate::jupyter::python::{Environment, Python};
use crate::kernel::NAME;
use crate::paths::{LabDirs, find_program};
use crate::toolchain::{Linker, Toolchain};

const START: &str = "cargo run --release -- start";
const OLDEST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");
const COMFORTABLE_MEMORY_MB: u64 = 6_000;
const LEAST_MEMORY_MB: u64 = 3_000;
const COMFORTABLE_DISK_MB: u64 = 6_000;
const LEAST_DISK_MB: u64 = 500;
const NETWORK_WITHIN: Duration = Duration::from_secs(3);

/// Look at the machine and the lab: a verdict each, and the command that mends what is wrong.
#[derive(Debug, clap::Args)]
pub struct DoctorArguments {
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Good,
    /// The lab works, or will after the next `start`.
    Note,
    /// The lab does not work.
    Problem,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Good,
            found: found.into(),
            remedy: None,
        }
    }

    fn note(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Note,
            found: found.into(),
            remedy: Some(remedy.into()),
        }
    }

    fn problem(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Problem,
            ..Self::note(check, found, remedy)
        }
    }
}

/// Runs the command. Fails where there is a problem.
pub fn run(arguments: &DoctorArguments) -> Result<ExitCode, SetupError> {
    let findings = examine();
    let worst = findings.iter().map(|finding| finding.verdict).max();
    if arguments.json {
        let report = serde_json::json!({ "verdict": worst, "findings": findings });
        println!("{report:#}");
    } else {
        for finding in &findings {
            let mark = match finding.verdict {
                Verdict::Good => "ok     ",
                Verdict::Note => "note   ",
                Verdict::Problem => "PROBLEM",
            };
            println!("{mark}  {:<10}  {}", finding.check, finding.found);
            if let Some(remedy) = &finding.remedy {
                println!("{:>21}  -> {remedy}", "");
            }
        }
    }
    Ok(match worst {
        Some(Verdict::Problem) => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

fn examine() -> Vec<Finding> {
    let mut findings = Vec::new();
    let toolchain = Toolchain::find();
    findings.push(match &toolchain {
        Ok(toolchain) => rust(&toolchain.version),
        Err(error) => Finding::problem("rust", error.to_string(), "https://rustup.rs"),
    });
    findings.push(linker(toolchain.as_ref().ok()));
    findings.push(match Python::find() {
        Ok(python) => Finding::good("python", format!("{} at {}", python.version, python.program.display())),
        Err(error) => Finding::problem("python", error.to_string(), "sudo apt install python3 python3-venv"),
    });
    match LabDirs::locate() {
        Ok(dirs) => {
            findings.push(jupyter(&Environment::new(&dirs)));
            findings.push(kernel(&Environment::new(&dirs)));
            if let Ok(toolchain) = toolchain {
                findings.push(template(&Template::new(dirs.clone(), toolchain)));
            }
            findings.push(disk(&dirs.cache));
        }
        Err(error) => findings.push(Finding::problem("lab", error.to_string(), "export UNET_LAB_ROOT=…")),
    }
    findings.push(memory());
    findings.push(gpu());
    findings.push(network());
    findings
}

fn rust(version: &str) -> Finding {
    let number = version.split_whitespace().nth(1).unwrap_or_default();
    let parts = |text: &str| -> Vec<u32> { text.split(['.', '-']).map_while(|part| part.parse().ok()).collect() };
    if parts(number) < parts(OLDEST_RUST) {
        let found = format!("{number}, older than {OLDEST_RUST}");
        Finding::problem("rust", found, "rustup update stable")
    } else {
        Finding::good("rust", number)
    }
}

fn linker(toolchain: Option<&Toolchain>) -> Finding {
    let Some(cc) = find_program("cc").or_else(|| find_program("clang")) else {
        let remedy = if cfg!(target_os = "macos") {
            "xcode-select --install"
        } else {
            "sudo apt install build-essential"
        };
        return Finding::problem("linker", "no C compiler (cc) to link with", remedy);
    };
    let through = match toolchain.map(|toolchain| toolchain.linker) {
        Some(Linker::Mold) => ", with mold",
        Some(Linker::Lld) => ", with lld",
        _ => "",
    };
    Finding::good("linker", format!("{}{through}", cc.display()))
}

fn jupyter(environment: &Environment) -> Finding {
    if environment.is_complete() {
        Finding::good("jupyter", format!("installed in {}", environment.path().display()))
    } else {
        Finding::note("jupyter", "not installed, or at other versions", START)
    }
}

fn kernel(environment: &Environment) -> Finding {
    let spec = environment
        .jupyter_data()
        .join("kernels")
        .join(NAME)
        .join("kernel.json");
    let program = std::fs::read(&spec)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .and_then(|spec| Some(PathBuf::from(spec["argv"][0].as_str()?)));
    match program {
        None => Finding::note("kernel", "not installed in the lab's JupyterLab", START),
        Some(program) if !program.exists() => {
            let found = format!("the installed kernel calls {}, which is gone", program.display());
            Finding::note("kernel", found, START)
        }
        Some(program) => Finding::good("kernel", format!("installed, runs {}", program.display())),
    }
}

fn template(template: &Template) -> Finding {
    let remedy = format!("{START} (some minutes)");
    match template.freshness() {
        Freshness::Fresh => Finding::good("template", "built, and fits the library and the compiler"),
        Freshness::Missing => Finding::note("template", "not built, or its build was interrupted", remedy),
        Freshness::OtherToolchain => Finding::note("template", "built by another compiler or lab", remedy),
        Freshness::LibraryChanged => Finding::note("template", "the library has changed since it was built", remedy),
    }
}

fn disk(cache: &Path) -> Finding {
    let elsewhere = "free some space, or `export UNET_LAB_CACHE=` a directory on a larger disk";
    match available_mb(cache) {
        None => Finding::note("disk", format!("no answer about {}", cache.display()), elsewhere),
        Some(mb) => {
            let found = format!("{:.1} GB free for {}", mb as f64 / 1000.0, cache.display());
            match mb {
                ..LEAST_DISK_MB => Finding::problem("disk", found, elsewhere),
                LEAST_DISK_MB..COMFORTABLE_DISK_MB => Finding::note("disk", found, elsewhere),
                _ => Finding::good("disk", found),
            }
        }
    }
}

fn memory() -> Finding {
    let fewer = "close other programs and other notebooks (a kernel takes 0.4 GB), or use smaller batches";
    match available_memory_mb() {
        None => Finding::note("memory", "unknown on this system", fewer),
        Some(mb) => {
            let found = format!("{:.1} GB available", mb as f64 / 1000.0);
            match mb {
                ..LEAST_MEMORY_MB => Finding::problem("memory", found, fewer),
                LEAST_MEMORY_MB..COMFORTABLE_MEMORY_MB => Finding::note("memory", found, fewer),
                _ => Finding::good("memory", found),
            }
        }
    }
}

fn available_memory_mb() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1000)
}

fn gpu() -> Finding {
    let nodes = |folder: &str, prefix: &str| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| {
                name.strip_prefix(prefix)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            })
            .count()
    };
    match (nodes("/dev", "nvidia"), nodes("/dev/dri", "renderD")) {
        (0, 0) => Finding::good("gpu", "none; the course runs on the processor"),
        (0, count) => Finding::good(
            "gpu",
            format!("{count} render device(s) in /dev/dri; the course runs on the processor"),
        ),
        (count, _) => Finding::good(
            "gpu",
            format!("{count} NVIDIA device(s); the course runs on the processor"),
        ),
    }
}

fn network() -> Finding {
    let proxy = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if let Some(proxy) = proxy {
        return Finding::good("network", format!("through the proxy {}", without_password(&proxy)));
    }
    let silent: Vec<&str> = ["index.crates.io", "pypi.org"]
        .into_iter()
        .filter(|host| !answers(host))
        .collect();
    if silent.is_empty() {
        Finding::good("network", "crates.io and PyPI answer")
    } else {
        let found = format!("no answer from {}", silent.join(" and "));
        let remedy = "only needed for the first start; behind a proxy `export HTTPS_PROXY=http://host:port`; a mirror or an \
                      offline copy works too";
        Finding::note("network", found, remedy)
    }
}

fn answers(host: &str) -> bool {
    let addresses = (host, 443).to_socket_addrs().into_iter().flatten();
    addresses
        .into_iter()
        .any(|address| TcpStream::connect_timeout(&address, NETWORK_WITHIN).is_ok())
}

fn without_password(proxy: &str) -> &str {
    proxy.rsplit_once('@').map_or(proxy, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_compiler_is_a_problem_and_a_new_one_is_not() {
        assert_eq!(rust("rustc 1.70.0 (abc 2023-06-01)\nhost: x").verdict, Verdict::Problem);
        assert_eq!(rust("rustc 1.199.0-nightly (abc)\nhost: x").verdict, Verdict::Good);
    }

    #[test]
    fn a_full_disk_is_a_problem_with_a_remedy() {
        let finding = disk(Path::new("/proc"));
        assert_eq!(finding.verdict, Verdict::Problem);
        assert!(finding.remedy.is_some_and(|remedy| remedy.contains("UNET_LAB_CACHE")));
    }

    #[test]
    fn passwords_of_proxies_are_not_shown() {
        assert_eq!(without_password("http://me:secret@proxy:3128"), "proxy:3128");
    }
}
