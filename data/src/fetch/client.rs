//! The HTTP client: one request, one answer, and its errors in the lab's terms.

use std::io::{self, Read};
use std::ops::Range;
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::answer::Answer;
use super::{Settings, SourceProblem};

const USER_AGENT: &str = concat!("unet-lab/", env!("CARGO_PKG_VERSION"));
/// More redirects than this are a loop.
const MOST_REDIRECTS: u32 = 10;
const CONNECT_WITHIN: Duration = Duration::from_secs(20);

/// Asks servers for files.
pub(super) struct Client {
    agent: ureq::Agent,
    stall: Duration,
}

impl Client {
    /// With the proxy that the environment names and the system's certificates; where it has none, those of Mozilla.
    pub fn new(settings: &Settings) -> Self {
        let system = rustls_native_certs::load_native_certs().certs;
        let roots = match system.is_empty() {
            true => RootCerts::WebPki,
            false => system.iter().map(|cert| Certificate::from_der(cert).to_owned()).into(),
        };
        let config = ureq::Agent::config_builder()
            .user_agent(USER_AGENT)
            .http_status_as_error(false)
            .max_redirects(MOST_REDIRECTS)
            .timeout_resolve(Some(CONNECT_WITHIN.min(settings.stall)))
            .timeout_connect(Some(CONNECT_WITHIN.min(settings.stall)))
            .timeout_per_read(Some(settings.stall))
            .timeout_per_write(Some(settings.stall))
            .max_idle_connections_per_host(settings.connections)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Self {
            agent: config.new_agent(),
            stall: settings.stall,
        }
    }

    /// Asks for a file or a part of it; with `if_range`, for the part only if the file is still that one.
    pub fn get(&self, url: &str, range: Option<Range<u64>>, if_range: Option<&str>) -> Result<Answer, SourceProblem> {
        let mut request = self.agent.get(url).header("Accept-Encoding", "identity");
        if let Some(range) = &range {
            request = request.header(
                "Range",
                format!("bytes={}-{}", range.start, range.end.saturating_sub(1)),
            );
            if let Some(version) = if_range {
                request = request.header("If-Range", version);
            }
        }
        let response = request.call().map_err(|error| self.problem(error))?;
        Answer::new(response)
    }

    /// Reads a small text, as a repository's interface gives it.
    pub fn text(&self, url: &str, longest: u64) -> Result<String, SourceProblem> {
        let mut answer = self.get(url, None, None)?;
        answer.check_success()?;
        let mut text = String::new();
        let read = answer
            .body
            .by_ref()
            .take(longest.saturating_add(1))
            .read_to_string(&mut text);
        read.map_err(|error| self.body_problem(error))?;
        if text.len() as u64 > longest {
            return Err(SourceProblem::Protocol(format!(
                "its answer is longer than {longest} bytes"
            )));
        }
        Ok(text)
    }

    /// What an error while reading a body means.
    pub fn body_problem(&self, error: io::Error) -> SourceProblem {
        self.problem(ureq::Error::from(error))
    }

    fn problem(&self, error: ureq::Error) -> SourceProblem {
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                SourceProblem::Unreachable("no connection in time".to_owned())
            }
            ureq::Error::Timeout(_) => SourceProblem::Stalled(self.stall),
            ureq::Error::HostNotFound => {
                SourceProblem::Unreachable("there is no such host, or no name server".to_owned())
            }
            ureq::Error::ConnectionFailed => SourceProblem::Unreachable("no connection".to_owned()),
            ureq::Error::ConnectProxyFailed(reason) => {
                SourceProblem::Unreachable(format!("the proxy refused: {reason}"))
            }
            ureq::Error::InvalidProxyUrl => SourceProblem::Unreachable("the proxy's address is not one".to_owned()),
            ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => SourceProblem::Redirects,
            ureq::Error::Io(error) => of_system(&error, self.stall),
            ureq::Error::Tls(reason) => SourceProblem::Tls(reason.to_owned()),
            ureq::Error::Rustls(reason) => SourceProblem::Tls(reason.to_string()),
            other => SourceProblem::Protocol(other.to_string()),
        }
    }
}

fn of_system(error: &io::Error, stall: Duration) -> SourceProblem {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => SourceProblem::Stalled(stall),
        // rustls wraps its own errors so.
        io::ErrorKind::InvalidData => SourceProblem::Tls(error.to_string()),
        _ => SourceProblem::Unreachable(error.to_string()),
    }
}
