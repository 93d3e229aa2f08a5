//! What is known of one data set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Access, ManifestError, Packing, RemoteFile};

/// What is known of one data set. `datasets/schema.json` in the project describes the same for other programs.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name in the lab: lower-case letters, digits and `_`; the manifest's file name too.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The course's projects that use it, 1 to 12.
    #[serde(default)]
    pub projects: Vec<u8>,
    /// Whether a notebook of the course itself uses it.
    #[serde(default)]
    pub course: bool,
    /// What is to be found in the images.
    pub task: String,
    /// What took the images: CT, MRI, ultrasound, …
    pub modality: String,
    /// 2 for images, 3 for volumes.
    pub dimensions: u8,
    /// What may be done with it.
    pub licence: Licence,
    /// The publication to cite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<Citation>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// What it takes to get it.
    pub access: Access,
    /// What a person does to get it, where the lab cannot.
    #[serde(default)]
    pub steps: Vec<String>,
    /// The files to download; of a data set got by hand, those that are recognised.
    #[serde(default)]
    pub files: Vec<RemoteFile>,
    /// How images and masks pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Label numbers (as text, since TOML has no other keys) and what they mean.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The distance between voxels or pixels, in words, in millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing: Option<String>,
    /// How many cases there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<Cases>,
    /// Which cases train and which examine, and what must not be on both sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splits: Option<String>,
    /// Published scores of a U-Net.
    #[serde(default)]
    pub scores: Vec<Score>,
    /// Data sets to take instead, by id.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// A part that is small enough for a class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassSubset>,
    /// Traps.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Statements that nobody has checked against the files.
    #[serde(default)]
    pub unverified: Vec<String>,
}

/// What may be done with a data set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// An SPDX identifier such as `CC-BY-4.0`, or a few words.
    pub name: String,
    /// The licence's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What else is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A publication.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// Authors, year, journal, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its digital object identifier, without `https://doi.org/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
}

/// Where images and masks are below the data set's folder, as patterns: `*` any part of a name, `**` any folders,
/// `[0-9]` a digit, `{a,b}` one of these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The images.
    pub images: String,
    /// The masks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masks: Option<String>,
    /// How a mask is found from its image, in words.
    pub pairing: String,
}

/// How many cases there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// All with a mask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// In the provider's training part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<u32>,
    /// In the provider's validation part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<u32>,
    /// In the provider's test part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<u32>,
}

/// A published score.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// "Dice", "IoU", …
    pub metric: String,
    /// Between 0 and 1.
    pub value: f64,
    /// Of what and by which network.
    pub of: String,
    /// Where it was published.
    pub source: String,
}

/// A part that is small enough for a class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClassSubset {
    /// The files that are enough, by name; empty for all.
    #[serde(default)]
    pub files: Vec<String>,
    /// How many cases to use, the first by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<u32>,
    /// Why these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] where the text is no TOML, has an unknown or a missing field, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ManifestError::new(&error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The label numbers and what they mean, ascending.
    pub fn label_names(&self) -> BTreeMap<u32, &str> {
        let numbered = self.labels.iter().map(|(number, name)| (number.parse(), name.as_str()));
        numbered
            .filter_map(|(number, name)| number.ok().map(|number| (number, name)))
            .collect()
    }

    /// The file of this name.
    pub fn file(&self, name: &str) -> Option<&RemoteFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The files that a class needs: all of them, where no part is named.
    pub fn class_files(&self) -> Vec<&RemoteFile> {
        let named = self
            .class
            .as_ref()
            .map(|class| class.files.as_slice())
            .unwrap_or_default();
        let in_class = |file: &&RemoteFile| named.is_empty() || named.contains(&file.name);
        self.files.iter().filter(in_class).collect()
    }

    /// The folder below the data set's own that a file is unpacked into; `None` for that folder itself.
    pub fn folder_of(&self, file: &RemoteFile) -> Option<String> {
        match (&file.into, file.unpack) {
            (Some(into), _) => Some(into.clone()),
            (None, Packing::None) => None,
            (None, _) if self.files.len() == 1 => None,
            (None, _) => Some(file.stem().to_owned()),
        }
    }

    /// The bytes to download of all files whose size is known, and whether that is all of them.
    pub fn size(&self) -> (u64, bool) {
        let sizes: Vec<Option<u64>> = self.files.iter().map(RemoteFile::size_hint).collect();
        let known = sizes
            .iter()
            .flatten()
            .fold(0_u64, |sum, &bytes| sum.saturating_add(bytes));
        (known, !sizes.is_empty() && sizes.iter().all(Option::is_some))
    }
}
