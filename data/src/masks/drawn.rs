//! A mask file's pixels as a person sees them: numbers or colours.

use std::collections::HashSet;

use crate::formats::{Decoded, FormatError, SampleType};

/// The first frame, voxel by voxel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Drawn {
    Numbers(Vec<f64>),
    Colours(Vec<[u8; 3]>),
}

/// Grey files give their numbers; a palette or three channels give colours, or, where all are grey, their levels. Transparency is
/// dropped.
pub(crate) fn drawn(file: &Decoded) -> Result<Drawn, FormatError> {
    let voxels: usize = file.size.iter().product();
    let number = |i: usize| file.slope * file.samples.get(i) + file.intercept;
    if let Some(palette) = &file.palette {
        let colour = |i: usize| palette.get(file.samples.get(i) as usize).copied().unwrap_or_default();
        return Ok(greys_as_numbers((0..voxels).map(colour).collect()));
    }
    match file.channels {
        1 | 2 => Ok(Drawn::Numbers((0..voxels).map(number).collect())),
        3 | 4 => {
            let scale = match file.sample_type() {
                SampleType::U8 => 1.0,
                SampleType::U16 => 1.0 / 257.0,
                other => {
                    return Err(FormatError::Unsupported {
                        what: format!("a mask in colours of {other}"),
                        hint: "save it with 8 bits a colour".to_owned(),
                    });
                }
            };
            let level = |i: usize| (file.samples.get(i) * scale).round() as u8;
            let colour = |i: usize| [level(i), level(voxels + i), level(2 * voxels + i)];
            Ok(greys_as_numbers((0..voxels).map(colour).collect()))
        }
        channels => Err(FormatError::Unsupported {
            what: format!("a mask of {channels} channels"),
            hint: "save one class a file, or one number a pixel".to_owned(),
        }),
    }
}

fn greys_as_numbers(colours: Vec<[u8; 3]>) -> Drawn {
    match colours.iter().all(|[r, g, b]| r == g && g == b) {
        true => Drawn::Numbers(colours.iter().map(|colour| f64::from(colour[0])).collect()),
        false => Drawn::Colours(colours),
    }
}

/// Whether a palette shows greys in another order than its numbers, so that a program that reads the numbers sees something else than
/// a person: the numbers in use and their greys.
pub(crate) fn turned_palette(file: &Decoded) -> Option<Vec<(u8, u8)>> {
    let palette = file.palette.as_ref()?;
    let mut used = HashSet::new();
    file.samples.each_as_f64(|value| {
        used.insert(value as u8);
    });
    let mut pairs: Vec<(u8, u8)> = Vec::new();
    for index in used {
        match palette.get(usize::from(index)) {
            Some(&[r, g, b]) if r == g && g == b => pairs.push((index, r)),
            _ => return None,
        }
    }
    pairs.sort_unstable();
    pairs.windows(2).any(|pair| pair[0].1 > pair[1].1).then_some(pairs)
}
