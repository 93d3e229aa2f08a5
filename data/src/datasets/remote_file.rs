//! One file of a data set and where it comes from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One file to download.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteFile {
    /// Its name in the cache, and of the file that a provider gives out.
    pub name: String,
    /// Where it is, best first; all of them give the same bytes.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Asks a repository's interface for today's address, after `urls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolver: Option<Resolver>,
    /// Its length in bytes, where that is known exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its rough length in bytes, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_bytes: Option<u64>,
    /// SHA-256 in hexadecimal digits. Without it and `md5`, the first download is trusted and remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// MD5 in hexadecimal digits: tells damage, not forgery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// The provider changes the file now and then: another checksum is said aloud, not refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checksum_varies: bool,
    /// How it is packed.
    pub unpack: Packing,
    /// The folder of the data set that it is unpacked into; without it the name without its ending, or, where it is the
    /// only file, the data set's own folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// Its length in bytes once unpacked, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpacked_bytes: Option<u64>,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum Packing {
    /// Not at all: NumPy archives, tables and pictures are used as they are.
    #[serde(rename = "none")]
    None,
    /// A zip file.
    #[serde(rename = "zip")]
    Zip,
    /// A tar file.
    #[serde(rename = "tar")]
    Tar,
    /// A tar file in gzip.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A tar file whose members are in gzip each; they are unpacked too.
    #[serde(rename = "tar-of-gz")]
    TarOfGz,
    /// One file in gzip.
    #[serde(rename = "gz")]
    Gz,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "plain",
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarOfGz => "tar (of gzipped files)",
            Self::Gz => "gzip",
        })
    }
}

/// A repository whose addresses change, with an interface that gives today's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "repository", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Resolver {
    /// `https://data.mendeley.com/public-api/datasets/<dataset>/files?folder_id=root&version=<version>`.
    Mendeley {
        /// The data set's identifier.
        dataset: String,
        /// Its version, from 1.
        version: u32,
        /// The file's name there; without it the only file is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// `https://api.figshare.com/v2/articles/<article>`.
    Figshare {
        /// The article's number.
        article: u64,
        /// The file's name there; without it the only file is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// `https://zenodo.org/api/records/<record>`.
    Zenodo {
        /// The record's number.
        record: u64,
        /// The file's name there; without it the file with the manifest's MD5, or the only file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
}

impl RemoteFile {
    /// Whether its bytes can be checked against something said beforehand.
    pub fn has_checksum(&self) -> bool {
        self.sha256.is_some() || self.md5.is_some()
    }

    /// Its length in bytes, exact or rough.
    pub fn size_hint(&self) -> Option<u64> {
        self.bytes.or(self.about_bytes)
    }

    /// Its name without the endings of packing: `a.tar.gz` is `a`.
    pub fn stem(&self) -> &str {
        let endings = [".tar.gz", ".tgz", ".tar", ".zip", ".gz"];
        let stem = endings.iter().find_map(|ending| self.name.strip_suffix(ending));
        stem.filter(|stem| !stem.is_empty()).unwrap_or(&self.name)
    }
}
