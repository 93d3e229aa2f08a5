//! Which file is the mask of which image.

use super::DataError;
use super::folder::file_name;
use super::layout::{Layout, Part, files, list, pictures};
use super::names::{SEPARATORS, belongs, natural, stem};
use std::path::{Path, PathBuf};

/// An image with its mask, or with several that are to be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub image: PathBuf,
    pub masks: Vec<PathBuf>,
}

/// Every image with its mask or masks, in natural order of their names.
pub(super) fn find(layout: &Layout) -> Result<Vec<Found>, DataError> {
    let mut found = Vec::new();
    for part in &layout.parts {
        found.extend(find_in(part, layout)?);
    }
    match found.is_empty() {
        true => Err(DataError::Unpaired {
            image: layout.parts.first().map(|part| part.images.clone()).unwrap_or_default(),
            problem: "no image with a mask".into(),
            hint: "check the names: a mask has its image's name, with an ending such as _mask".into(),
        }),
        false => Ok(found),
    }
}

fn find_in(part: &Part, layout: &Layout) -> Result<Vec<Found>, DataError> {
    let suffix = layout.suffix.as_deref();
    let masks = files(&part.masks, true)?;
    let mut images = pictures(&part.images)?;
    if let (true, [image]) = (part.is_one_image, &images[..]) {
        return Ok(vec![Found {
            image: image.clone(),
            masks,
        }]);
    }
    if part.images == part.masks {
        // A file is a mask where its name is another file's name and a mask's ending.
        let all = images.clone();
        images.retain(|file| !all.iter().any(|other| other != file && belongs(other, file, suffix)));
    }
    let mut found = Vec::with_capacity(images.len());
    for image in images {
        let mut own: Vec<&PathBuf> = masks
            .iter()
            .filter(|m| **m != image && belongs(&image, m, suffix))
            .collect();
        let exact: Vec<&PathBuf> = own.iter().copied().filter(|m| stem(m) == stem(&image)).collect();
        if exact.len() == 1 && suffix.is_none() {
            own = exact;
        }
        match own[..] {
            [] if layout.skips_unpaired => {}
            [] => return Err(no_mask(&image, part, suffix)),
            _ if are_numbered_parts(&own) => found.push(Found {
                image,
                masks: own.into_iter().cloned().collect(),
            }),
            _ => {
                let names: Vec<String> = own.iter().map(|m| file_name(m)).collect();
                let ending = stem(own[0]).strip_prefix(&stem(&image)).unwrap_or_default().to_string();
                return Err(DataError::Unpaired {
                    image,
                    problem: format!("{} masks ({})", own.len(), names.join(", ")),
                    hint: format!("say which kind to use, as in .with_mask_suffix({ending:?})"),
                });
            }
        }
    }
    found.sort_by_cached_key(|found| natural(&file_name(&found.image)));
    Ok(found)
}

/// One mask, or parts of one that differ in a number at the end: `a_mask`, `a_mask_1` (BUSI).
fn are_numbered_parts(masks: &[&PathBuf]) -> bool {
    let base = |mask: &&PathBuf| {
        let name = stem(mask).to_lowercase();
        let cut = name
            .rsplit_once(SEPARATORS)
            .filter(|(_, end)| end.bytes().all(|b| b.is_ascii_digit()) && !end.is_empty());
        cut.map_or(name.clone(), |(base, _)| base.to_owned())
    };
    let first = masks.first().map(base);
    masks.len() == 1 || masks.iter().all(|mask| Some(base(mask)) == first)
}

fn no_mask(image: &Path, part: &Part, suffix: Option<&str>) -> DataError {
    let name = stem(image);
    let looked_for = match suffix {
        Some(suffix) => format!("{name}{suffix}.png (or another ending)"),
        None => format!("{name}.png, {name}_mask.png and the like"),
    };
    let masks = list(&part.masks, |p| p.is_file()).unwrap_or_default();
    let example = masks
        .iter()
        .find(|m| m.as_path() != image)
        .map(|m| format!(", where masks are called like {}", file_name(m)));
    DataError::Unpaired {
        image: image.into(),
        problem: "no mask".into(),
        hint: format!(
            "looked for {looked_for} in {}{}. Add the mask, rename it, or take the image out of the folder",
            part.masks.display(),
            example.unwrap_or_default()
        ),
    }
}
