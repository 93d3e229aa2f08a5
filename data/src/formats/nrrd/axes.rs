//! Which axis of an NRRD is which, and where they lie.

use crate::Geometry;
use crate::formats::FormatError;
use crate::formats::text::{Fields, lengths, shown};

/// What an axis is, counted as in [`Decoded`](crate::formats::Decoded)'s order of numbers.
const FRAME: usize = 0;
const CHANNEL: usize = 1;
/// Width; height and depth come before it.
const WIDTH: usize = 4;

/// The axes of a file, the fastest first.
pub(super) struct Axes {
    lengths: Vec<usize>,
    roles: Vec<usize>,
}

impl Axes {
    pub fn of(fields: &Fields) -> Result<Self, FormatError> {
        let dimension = fields.needed("dimension")?;
        let count = match dimension.parse() {
            Ok(count @ 1..=16) => count,
            _ => {
                return Err(FormatError::Damaged(format!(
                    "dimension should be 1 to 16, but is \"{}\"",
                    shown(dimension)
                )));
            }
        };
        let lengths = lengths("sizes", fields.needed("sizes")?, count)?;
        let directions = directions(fields, count)?;
        let kinds: Option<Vec<&str>> = fields.get("kinds").map(|kinds| kinds.split_whitespace().collect());
        if let Some(kinds) = kinds.as_ref().filter(|kinds| kinds.len() != count) {
            return Err(FormatError::Damaged(format!(
                "{} kinds are stated for {count} axes",
                kinds.len()
            )));
        }
        let mut spatial = 0;
        let mut roles = Vec::with_capacity(count);
        for axis in 0..count {
            let kind = kinds
                .as_ref()
                .and_then(|kinds| kinds.get(axis))
                .copied()
                .unwrap_or("???");
            let in_space = match &directions {
                Some(directions) => directions.get(axis).is_some_and(Option::is_some),
                None => matches!(kind, "domain" | "space" | "none" | "???") && spatial < 3,
            };
            roles.push(match (in_space, kind) {
                (true, _) => {
                    spatial += 1;
                    // More than three are refused below.
                    (WIDTH + 1usize).saturating_sub(spatial)
                }
                (false, "time" | "domain" | "space" | "???" | "none") => FRAME,
                (false, _) => CHANNEL,
            });
        }
        let count_of = |role| roles.iter().filter(|&&found| found == role).count();
        // Two directions in a space of three axes, or in none, make a picture; the numbers of a third axis without a direction are
        // then slices only if nothing says otherwise.
        if spatial == 0 || spatial > 3 || count_of(FRAME) > 1 || count_of(CHANNEL) > 1 {
            return Err(FormatError::Unsupported {
                what: format!(
                    "an NRRD of {spatial} axes in space, {} of time or unknown and {} of colours or vectors",
                    count_of(FRAME),
                    count_of(CHANNEL)
                ),
                hint: "save each volume in a file of its own".to_owned(),
            });
        }
        Ok(Self { lengths, roles })
    }

    /// As [`Decoded`](crate::formats::Decoded) has it.
    pub fn shape(&self) -> [usize; 5] {
        let mut shape = [1; 5];
        for (&role, &length) in self.roles.iter().zip(&self.lengths) {
            if let Some(place) = shape.get_mut(role) {
                *place = length;
            }
        }
        shape
    }

    /// How many numbers apart neighbours are stored.
    pub fn strides(&self) -> [usize; 5] {
        let mut strides = [0; 5];
        let mut stride = 1usize;
        for (&role, &length) in self.roles.iter().zip(&self.lengths) {
            if let Some(place) = strides.get_mut(role) {
                *place = stride;
            }
            stride = stride.saturating_mul(length);
        }
        strides
    }

    pub fn is_volume(&self) -> bool {
        self.roles.contains(&(WIDTH - 2))
    }

    /// The place in space, and whether the file states a spacing.
    pub fn geometry(&self, fields: &Fields) -> Result<(Geometry, bool), FormatError> {
        let damaged = |error: crate::DataError| FormatError::Damaged(error.to_string());
        let count = self.lengths.len();
        let Some(directions) = directions(fields, count)? else {
            let mut spacing = [1.0; 3];
            let Some(stated) = fields.get("spacings") else {
                return Ok((Geometry::default(), false));
            };
            let stated = crate::formats::text::numbers("spacings", stated)?;
            if stated.len() != count {
                return Err(FormatError::Damaged(format!(
                    "{} spacings are stated for {count} axes",
                    stated.len()
                )));
            }
            for (&role, &step) in self.roles.iter().zip(&stated) {
                // NaN stands for an axis without one.
                if let Some(place) = role
                    .checked_sub(2)
                    .and_then(|axis| spacing.get_mut(axis))
                    .filter(|_| !step.is_nan())
                {
                    *place = step;
                }
            }
            return Ok((Geometry::of_spacing(spacing).map_err(damaged)?, true));
        };
        let signs = signs(fields)?;
        let scale = millimetres(fields)?;
        let turned = |vector: [f64; 3]| [0, 1, 2].map(|part: usize| vector[part] * signs[part] * scale);
        let mut axes = [None; 3];
        for (&role, direction) in self.roles.iter().zip(&directions) {
            if let (Some(place), Some(direction)) = (role.checked_sub(2).and_then(|axis| axes.get_mut(axis)), direction)
            {
                *place = Some(turned(*direction));
            }
        }
        let axes = completed(axes);
        let origin = match fields.get("space origin") {
            Some(value) => turned(vector("space origin", value.trim(), space_axes(fields)?)?.unwrap_or([0.0; 3])),
            None => [0.0; 3],
        };
        let spacing = axes.map(|axis| axis.iter().map(|part| part * part).sum::<f64>().sqrt());
        Ok((Geometry::new(spacing, origin, axes).map_err(damaged)?, true))
    }
}

/// Depth, height and width, those that a picture lacks at right angles to the others and of length 1.
fn completed([depth, height, width]: [Option<[f64; 3]>; 3]) -> [[f64; 3]; 3] {
    let width = width.unwrap_or([1.0, 0.0, 0.0]);
    let cross = |a: [f64; 3], b: [f64; 3]| {
        let product = [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ];
        let length = product.iter().map(|part| part * part).sum::<f64>().sqrt();
        product.map(|part| part / length)
    };
    let height = height.unwrap_or_else(|| {
        let other = if width[0].abs() > width[1].abs() {
            [0.0, 1.0, 0.0]
        } else {
            [1.0, 0.0, 0.0]
        };
        cross(cross(width, other), width)
    });
    [depth.unwrap_or_else(|| cross(width, height)), height, width]
}

/// How many numbers a vector in space has.
fn space_axes(fields: &Fields) -> Result<usize, FormatError> {
    let stated = match (fields.get("space dimension"), fields.get("space")) {
        (Some(count), _) => count.parse().ok(),
        (None, Some(space)) if space.ends_with("time") || space.len() == 4 => Some(4),
        _ => Some(3),
    };
    match stated {
        Some(count @ 2..=3) => Ok(count),
        _ => Err(FormatError::Unsupported {
            what: "an NRRD whose space is not of 2 or 3 dimensions".to_owned(),
            hint: "save it with \"space: left-posterior-superior\"".to_owned(),
        }),
    }
}

/// The vector of each axis, or none for an axis outside space; none at all where the file states no directions.
fn directions(fields: &Fields, count: usize) -> Result<Option<Vec<Option<[f64; 3]>>>, FormatError> {
    let Some(value) = fields.get("space directions") else {
        return Ok(None);
    };
    let space = space_axes(fields)?;
    let mut found = Vec::new();
    let mut rest = value.trim();
    while !rest.is_empty() {
        // A vector may hold spaces: it ends with its bracket.
        let length = match rest.starts_with('(') {
            true => rest.find(')').map_or(rest.len(), |end| end + 1),
            false => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        found.push(vector("space directions", word, space)?);
        rest = after.trim_start();
    }
    match found.len() == count {
        true => Ok(Some(found)),
        false => Err(FormatError::Damaged(format!(
            "{} space directions are stated for {count} axes",
            found.len()
        ))),
    }
}

/// `(1,0,0)`, or `none`.
fn vector(name: &str, word: &str, space: usize) -> Result<Option<[f64; 3]>, FormatError> {
    if word == "none" {
        return Ok(None);
    }
    let parts: Option<Vec<f64>> = word
        .strip_prefix('(')
        .and_then(|word| word.strip_suffix(')'))
        .and_then(|inner| inner.split(',').map(|part| part.trim().parse().ok()).collect());
    let parts = parts.filter(|parts| parts.len() == space).ok_or_else(|| {
        FormatError::Damaged(format!(
            "{name} should be vectors of {space} numbers, such as (1,0,0), but holds \"{}\"",
            shown(word)
        ))
    })?;
    // Some writers fill the vector of an axis outside space with nan.
    if parts.iter().all(|part| part.is_nan()) {
        return Ok(None);
    }
    let mut vector = [0.0; 3];
    for (place, part) in vector.iter_mut().zip(parts) {
        *place = part;
    }
    Ok(Some(vector))
}

/// By which x, y and z become left, posterior and superior.
fn signs(fields: &Fields) -> Result<[f64; 3], FormatError> {
    match fields.get("space").map(str::to_lowercase).as_deref() {
        Some("right-anterior-superior" | "ras") => Ok([-1.0, -1.0, 1.0]),
        Some("left-anterior-superior" | "las") => Ok([1.0, -1.0, 1.0]),
        // Spaces of a scanner or of no patient, and none: taken as they are, as ITK does.
        _ => Ok([1.0; 3]),
    }
}

/// Millimetres a unit of space.
fn millimetres(fields: &Fields) -> Result<f64, FormatError> {
    let Some(value) = fields.get("space units") else {
        return Ok(1.0);
    };
    let units: Vec<&str> = value
        .split('"')
        .map(str::trim)
        .filter(|unit| !unit.is_empty())
        .collect();
    let scales: Vec<f64> = units
        .iter()
        .map(|unit| match *unit {
            "m" => 1000.0,
            "cm" => 10.0,
            "um" | "µm" | "μm" | "micron" | "microns" => 0.001,
            _ => 1.0,
        })
        .collect();
    match scales.as_slice() {
        [] => Ok(1.0),
        [first, rest @ ..] if rest.iter().all(|scale| scale == first) => Ok(*first),
        _ => Err(FormatError::Unsupported {
            what: format!("an NRRD with the different units {}", shown(value)),
            hint: "save it in millimetres".to_owned(),
        }),
    }
}
