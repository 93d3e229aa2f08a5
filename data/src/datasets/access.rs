//! Who may download.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What it takes to get a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// The lab downloads it.
    Open,
    /// Its provider wants an account, a form or an agreement; the files are then added by hand.
    Login,
    /// It is downloaded with a browser, or cannot be had any more; the manifest's steps say.
    ByHand,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Login => "login",
            Self::ByHand => "by hand",
        })
    }
}
