//! Today's address of a file, from the repository that keeps it.

use serde::Deserialize;

use super::client::Client;
use super::request::Source;
use super::{Settings, SourceProblem};
use crate::datasets::{RemoteFile, Resolver};

/// The longest answer that is read.
const LONGEST: u64 = 16 << 20;

/// Today's address, and what the repository says of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub source: Source,
    pub bytes: Option<u64>,
    pub sha256: Option<String>,
    pub md5: Option<String>,
}

/// One file of a repository's list.
#[derive(Debug)]
struct Listed {
    name: String,
    url: String,
    bytes: Option<u64>,
    sha256: Option<String>,
    md5: Option<String>,
}

/// Asks the repository.
pub(super) fn resolve(
    client: &Client,
    settings: &Settings,
    file: &RemoteFile,
    resolver: &Resolver,
) -> Result<Resolved, SourceProblem> {
    let (address, name) = address(resolver);
    let text = client.text(&elsewhere(settings, resolver, address), LONGEST)?;
    let listed = listed(resolver, &text)?;
    let wanted = |found: &&Listed| match name {
        Some(name) => found.name == *name,
        None => listed.len() == 1 || (file.md5.is_some() && found.md5 == file.md5),
    };
    let Some(found) = listed.iter().find(wanted) else {
        let names: Vec<&str> = listed.iter().map(|file| file.name.as_str()).take(10).collect();
        let wanted = name.map_or("exactly one file", String::as_str);
        let problem = format!("the repository lists {}; expected {wanted}", names.join(", "));
        return Err(SourceProblem::NoAddress(problem));
    };
    Ok(Resolved {
        source: Source {
            key: key(resolver),
            url: found.url.clone(),
        },
        bytes: found.bytes,
        sha256: found.sha256.clone(),
        md5: found.md5.clone(),
    })
}

/// What names the file at the repository, whatever its address is today.
pub(super) fn key(resolver: &Resolver) -> String {
    let (address, name) = address(resolver);
    format!("{address} {}", name.map_or("", String::as_str))
}

fn address(resolver: &Resolver) -> (String, Option<&String>) {
    match resolver {
        Resolver::Mendeley { dataset, version, file } => (
            format!("https://data.mendeley.com/public-api/datasets/{dataset}/files?folder_id=root&version={version}"),
            file.as_ref(),
        ),
        Resolver::Figshare { article, file } => {
            (format!("https://api.figshare.com/v2/articles/{article}"), file.as_ref())
        }
        Resolver::Zenodo { record, file } => (format!("https://zenodo.org/api/records/{record}"), file.as_ref()),
    }
}

/// The address at another host, where the settings name one.
fn elsewhere(settings: &Settings, resolver: &Resolver, address: String) -> String {
    let (name, host) = match resolver {
        Resolver::Mendeley { .. } => ("mendeley", "https://data.mendeley.com"),
        Resolver::Figshare { .. } => ("figshare", "https://api.figshare.com"),
        Resolver::Zenodo { .. } => ("zenodo", "https://zenodo.org"),
    };
    match settings
        .resolver_hosts
        .iter()
        .find(|(repository, _)| repository == name)
    {
        Some((_, other)) => address.replacen(host, other, 1),
        None => address,
    }
}

#[derive(Deserialize)]
struct MendeleyFile {
    filename: String,
    content_details: MendeleyDetails,
}

#[derive(Deserialize)]
struct MendeleyDetails {
    download_url: String,
    sha256_hash: Option<String>,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct FigshareArticle {
    files: Vec<FigshareFile>,
}

#[derive(Deserialize)]
struct FigshareFile {
    name: String,
    download_url: String,
    size: Option<u64>,
    computed_md5: Option<String>,
}

#[derive(Deserialize)]
struct ZenodoRecord {
    files: Vec<ZenodoFile>,
}

#[derive(Deserialize)]
struct ZenodoFile {
    key: String,
    size: Option<u64>,
    checksum: Option<String>,
    links: ZenodoLinks,
}

#[derive(Deserialize)]
struct ZenodoLinks {
    #[serde(rename = "self")]
    itself: String,
}

fn listed(resolver: &Resolver, text: &str) -> Result<Vec<Listed>, SourceProblem> {
    let unreadable = |error: serde_json::Error| {
        SourceProblem::NoAddress(format!(
            "the repository's interface answers otherwise than it used to ({error})"
        ))
    };
    Ok(match resolver {
        Resolver::Mendeley { .. } => {
            let files: Vec<MendeleyFile> = serde_json::from_str(text).map_err(unreadable)?;
            let listed = |file: MendeleyFile| Listed {
                name: file.filename,
                url: file.content_details.download_url,
                bytes: file.content_details.size,
                sha256: file.content_details.sha256_hash.and_then(|sum| checked(sum, 64)),
                md5: None,
            };
            files.into_iter().map(listed).collect()
        }
        Resolver::Figshare { .. } => {
            let article: FigshareArticle = serde_json::from_str(text).map_err(unreadable)?;
            let listed = |file: FigshareFile| Listed {
                name: file.name,
                url: file.download_url,
                bytes: file.size,
                sha256: None,
                md5: file.computed_md5.and_then(|sum| checked(sum, 32)),
            };
            article.files.into_iter().map(listed).collect()
        }
        Resolver::Zenodo { .. } => {
            let record: ZenodoRecord = serde_json::from_str(text).map_err(unreadable)?;
            let listed = |file: ZenodoFile| Listed {
                name: file.key,
                url: file.links.itself,
                bytes: file.size,
                sha256: None,
                md5: file
                    .checksum
                    .and_then(|sum| checked(sum.strip_prefix("md5:")?.to_owned(), 32)),
            };
            record.files.into_iter().map(listed).collect()
        }
    })
}

/// A checksum in lower-case digits, of the right length.
fn checked(sum: String, digits: usize) -> Option<String> {
    let sum = sum.to_ascii_lowercase();
    (sum.len() == digits && sum.chars().all(|c| c.is_ascii_hexdigit())).then_some(sum)
}
