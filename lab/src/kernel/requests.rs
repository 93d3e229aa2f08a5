//! Requests that are answered without the session.

use jupyter_protocol::{
    CodeMirrorMode, CommInfoReply, HelpLink, IsCompleteReply, JupyterMessage, JupyterMessageContent, KernelInfoReply,
    LanguageInfo, ReplyStatus,
};

use super::DISPLAY_NAME;
use super::history::History;
use crate::engine::source::{Completeness, completeness};

/// What can be said at once.
#[derive(Debug, Default)]
pub struct Immediate {
    history: History,
}

impl Immediate {
    /// Keeps a cell for the history.
    pub fn note(&mut self, message: &JupyterMessage) {
        if let JupyterMessageContent::ExecuteRequest(request) = &message.content
            && request.store_history
            && !request.silent
        {
            self.history.push(&request.code);
        }
    }

    /// The answer, where it needs no session.
    pub fn answer(&self, message: &JupyterMessage) -> Option<JupyterMessageContent> {
        Some(match &message.content {
            JupyterMessageContent::KernelInfoRequest(_) => kernel_info().into(),
            JupyterMessageContent::HistoryRequest(request) => self.history.answer(request).into(),
            JupyterMessageContent::CommInfoRequest(_) => CommInfoReply {
                status: ReplyStatus::Ok,
                comms: Default::default(),
                error: None,
            }
            .into(),
            JupyterMessageContent::IsCompleteRequest(request) => match completeness(&request.code) {
                Completeness::Complete => IsCompleteReply::complete(),
                Completeness::Invalid => IsCompleteReply::invalid(),
                Completeness::Incomplete { indent } => IsCompleteReply::incomplete(indent),
            }
            .into(),
            _ => return None,
        })
    }
}

/// Who this kernel is.
pub fn kernel_info() -> KernelInfoReply {
    let link = |text: &str, url: &str| HelpLink {
        text: text.into(),
        url: url.into(),
    };
    KernelInfoReply {
        status: ReplyStatus::Ok,
        protocol_version: "5.3".into(),
        implementation: "unet-lab".into(),
        implementation_version: env!("CARGO_PKG_VERSION").into(),
        language_info: LanguageInfo {
            name: "rust".into(),
            version: env!("CARGO_PKG_RUST_VERSION").into(),
            mimetype: Some("text/x-rustsrc".into()),
            file_extension: Some(".rs".into()),
            pygments_lexer: Some("rust".into()),
            codemirror_mode: Some(CodeMirrorMode::Simple("rust".into())),
            nbconvert_exporter: None,
        },
        banner: format!("{DISPLAY_NAME} {}", env!("CARGO_PKG_VERSION")),
        help_links: vec![
            link("The Rust book", "https://doc.rust-lang.org/book/"),
            link("The Burn book", "https://burn.dev/books/burn/"),
        ],
        debugger: false,
        error: None,
    }
}
