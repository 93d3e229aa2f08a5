//! All manifests, read once.

use std::sync::LazyLock;

use super::Manifest;
use super::table::TEXTS;

/// In the order of the table: the course's own, then the projects'.
static CATALOGUE: LazyLock<Vec<Manifest>> = LazyLock::new(|| {
    // Each is checked by a test: none is left out.
    TEXTS
        .iter()
        .filter_map(|(_, text)| Manifest::parse(text).ok())
        .collect()
});

/// Every data set that the lab knows.
///
/// ```
/// let open = unet_lab_data::datasets::all().iter().filter(|set| set.steps.is_empty()).count();
/// assert!(open > 20);
/// ```
pub fn all() -> &'static [Manifest] {
    &CATALOGUE
}

/// The data set with this id.
///
/// ```
/// let hippocampus = unet_lab_data::datasets::find("msd04_hippocampus").unwrap();
/// assert_eq!(hippocampus.dimensions, 3);
/// ```
pub fn find(id: &str) -> Option<&'static Manifest> {
    all().iter().find(|manifest| manifest.id == id)
}

/// The data sets of a project of the course, 1 to 12. The first is the one to begin with: it is open.
pub fn of_project(project: u8) -> impl Iterator<Item = &'static Manifest> {
    all()
        .iter()
        .filter(move |manifest| manifest.projects.contains(&project))
}
