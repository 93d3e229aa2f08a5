//! What a manifest must keep besides its fields' types.

use thiserror::Error;

use super::{Access, Manifest, Packing, RemoteFile};

/// What is wrong with a manifest.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("not a manifest: {0}")]
pub struct ManifestError(String);

impl ManifestError {
    /// No more of a text than a person reads.
    pub(super) fn new(text: &str) -> Self {
        Self(text.chars().take(1000).collect())
    }
}

impl Manifest {
    pub(super) fn check(&self) -> Result<(), ManifestError> {
        let say = |problem: String| Err(ManifestError::new(&format!("{}: {problem}", self.id)));
        let is_id = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !is_id(&self.id) {
            return say("an id has lower-case letters, digits and _ only".into());
        }
        if let Some(project) = self.projects.iter().find(|project| !(1..=12).contains(*project)) {
            return say(format!("there is no project {project}"));
        }
        if !matches!(self.dimensions, 2 | 3) {
            return say(format!("{} dimensions", self.dimensions));
        }
        if let Some(label) = self.labels.keys().find(|label| label.parse::<u32>().is_err()) {
            return say(format!("the label \"{label}\" is no number"));
        }
        if self.access == Access::Open && self.files.is_empty() {
            return say("it is open and names no file".into());
        }
        if self.access != Access::Open && self.steps.is_empty() {
            return say("it is not open and has no steps".into());
        }
        if let Some(score) = self.scores.iter().find(|score| !(0.0..=1.0).contains(&score.value)) {
            return say(format!("the score {} is not between 0 and 1", score.value));
        }
        for (index, file) in self.files.iter().enumerate() {
            self.check_file(file).or_else(say)?;
            let others = self.files.iter().skip(index.saturating_add(1));
            for other in others {
                let same_folder = file.unpack != Packing::None && self.folder_of(file) == self.folder_of(other);
                if file.name == other.name || same_folder {
                    return say(format!("{} and {} land in one place", file.name, other.name));
                }
            }
        }
        if let Some(class) = &self.class
            && let Some(name) = class.files.iter().find(|name| self.file(name).is_none())
        {
            return say(format!("the class's file {name} is not among its files"));
        }
        Ok(())
    }

    fn check_file(&self, file: &RemoteFile) -> Result<(), String> {
        let is_plain = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && !name.contains(['/', '\\', ':'])
                && !name.contains(char::is_control)
        };
        let RemoteFile { name, .. } = file;
        if !is_plain(name) || file.into.as_deref().is_some_and(|into| !is_plain(into)) {
            return Err(format!("\"{name}\" is no plain file name"));
        }
        if self.access == Access::Open && file.urls.is_empty() && file.resolver.is_none() {
            return Err(format!("{name} has no address"));
        }
        if let Some(url) = file
            .urls
            .iter()
            .find(|url| !url.starts_with("https://") && !url.starts_with("http://"))
        {
            return Err(format!("{url} is no address"));
        }
        let is_hex =
            |text: &String, digits| text.len() == digits && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        if file.sha256.as_ref().is_some_and(|sum| !is_hex(sum, 64))
            || file.md5.as_ref().is_some_and(|sum| !is_hex(sum, 32))
        {
            return Err(format!(
                "{name} has a checksum of another length, or not in lower-case hexadecimal digits"
            ));
        }
        Ok(())
    }
}
