//! Nodules given as a centre and a diameter, as in LUNA16's `annotations.csv`, drawn as spheres.

use std::path::Path;

use super::{MaskError, bytes_of, in_file, listed};
use crate::formats::shown;
use crate::{DataError, Geometry, LabelMap};

/// A nodule in the patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodule {
    /// The scan that it is in (`seriesuid`).
    pub series: String,
    /// Its centre `[x, y, z]` in mm, in the coordinates of [`Geometry`] (LPS).
    pub centre: [f64; 3],
    /// Its diameter in mm.
    pub diameter: f64,
}

/// Reads `annotations.csv`: columns seriesuid, coordX, coordY, coordZ and diameter_mm, in any order, further ones left aside.
///
/// # Errors
/// [`DataError::File`] and [`DataError::Annotation`].
pub fn read(path: impl AsRef<Path>) -> Result<Vec<Nodule>, DataError> {
    let path = path.as_ref();
    parse(&String::from_utf8_lossy(&bytes_of(path)?)).map_err(|problem| in_file(path, problem))
}

/// As [`read`], from the file's text.
///
/// # Errors
/// [`MaskError::Damaged`] with the line for a missing column, a field that is no number, or a diameter that is not above 0.
pub fn parse(text: &str) -> Result<Vec<Nodule>, MaskError> {
    let mut lines = text
        .lines()
        .map(fields)
        .enumerate()
        .filter(|(_, fields)| fields.iter().any(|field| !field.is_empty()));
    let (_, header) = lines
        .next()
        .ok_or_else(|| MaskError::Damaged("it is empty".to_owned()))?;
    let column = |name: &str| {
        let found = header
            .iter()
            .position(|field| field.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names = header.iter().map(String::as_str);
            MaskError::Damaged(format!("there is no column {name}, only {}", listed(names)))
        })
    };
    let series = column("seriesuid")?;
    let places = [
        column("coordX")?,
        column("coordY")?,
        column("coordZ")?,
        column("diameter_mm")?,
    ];
    let mut nodules = Vec::new();
    for (line, fields) in lines {
        let mut numbers = [0.0; 4];
        for (number, &place) in numbers.iter_mut().zip(&places) {
            let text = fields.get(place).map_or("", String::as_str);
            *number = text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .ok_or_else(|| {
                    let (line, name) = (line + 1, shown(&header[place]));
                    MaskError::Damaged(format!("line {line}: {name} is \"{}\", no number", shown(text)))
                })?;
        }
        let [x, y, z, diameter] = numbers;
        if diameter <= 0.0 {
            return Err(MaskError::Damaged(format!(
                "line {}: a diameter of {diameter} mm is none",
                line + 1
            )));
        }
        nodules.push(Nodule {
            series: fields.get(series).cloned().unwrap_or_default(),
            centre: [x, y, z],
            diameter,
        });
    }
    Ok(nodules)
}

/// The fields of a line of CSV; quotes may stand around a field and, doubled, inside.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if is_quoted && signs.peek() == Some(&'"') => {
                signs.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field).trim().to_owned()),
            _ => field.push(sign),
        }
    }
    fields.push(field.trim().to_owned());
    fields
}

/// Nodules on a volume's grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// 0 outside, else the nodule's number from 1 up, in the given order; where two overlap, the first one's.
    pub labels: LabelMap,
    /// Numbers of nodules whose centre lies outside the volume: another series, or another direction of the axes.
    pub outside: Vec<u32>,
}

/// Draws each nodule as a sphere: a voxel is inside if its centre is no further than half the diameter from the nodule's, in mm, whatever
/// the spacing and direction of the grid. The voxel that holds the centre is always inside.
///
/// ```
/// use unet_lab_data::{Geometry, masks::nodules::{Nodule, spheres}};
/// let grid = Geometry::of_spacing([2.5, 0.5, 0.5])?;
/// let nodule = Nodule { series: "1".into(), centre: [4.0, 4.0, 5.0], diameter: 5.0 };
/// let drawn = spheres(&grid, [5, 17, 17], &[nodule])?;
/// // Two and a half millimetres are one slice, but five columns.
/// assert_eq!(drawn.labels.data()[1 * 289 + 8 * 17 + 8], 1);
/// assert_eq!(drawn.labels.data()[2 * 289 + 8 * 17 + 13], 1);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Argument`] for a diameter that is not above 0, or a place that is no number.
pub fn spheres(grid: &Geometry, size: [usize; 3], nodules: &[Nodule]) -> Result<Drawing, DataError> {
    let voxels = size.iter().try_fold(1usize, |all, &side| all.checked_mul(side));
    let voxels = voxels.ok_or_else(|| DataError::Argument(format!("a volume of {size:?} is too large")))?;
    let mut labels = vec![0; voxels];
    let mut outside = Vec::new();
    let reach = reach(grid);
    for (number, nodule) in (1u32..).zip(nodules) {
        let radius = nodule.diameter / 2.0;
        if !(radius.is_finite() && radius > 0.0 && nodule.centre.iter().all(|part| part.is_finite())) {
            return Err(DataError::Argument(format!(
                "nodule {number} of {} mm at {:?} is none: the diameter must be above 0",
                nodule.diameter, nodule.centre
            )));
        }
        let middle = grid.voxel(nodule.centre);
        let range = |axis: usize| {
            let half = radius * reach[axis];
            let low = (middle[axis] - half).ceil().max(0.0) as usize;
            let high = ((middle[axis] + half).floor() + 1.0).clamp(0.0, size[axis] as f64) as usize;
            low..high
        };
        let place = |voxel: [usize; 3]| (voxel[0] * size[1] + voxel[1]) * size[2] + voxel[2];
        let mut mark = |voxel: [usize; 3]| {
            let label = &mut labels[place(voxel)];
            *label = if *label == 0 { number } else { *label };
        };
        for z in range(0) {
            for y in range(1) {
                for x in range(2) {
                    let point = grid.point([z as f64, y as f64, x as f64]);
                    let squared: f64 = point.iter().zip(nodule.centre).map(|(a, b)| (a - b).powi(2)).sum();
                    if squared <= radius * radius {
                        mark([z, y, x]);
                    }
                }
            }
        }
        let nearest = middle.map(f64::round);
        let is_inside = nearest
            .iter()
            .zip(size)
            .all(|(&at, side)| at >= 0.0 && at < side as f64);
        match is_inside {
            true => mark(nearest.map(|at| at as usize)),
            false => outside.push(number),
        }
    }
    Ok(Drawing {
        labels: LabelMap::new(labels, &size)?.with_spacing(&grid.spacing())?,
        outside,
    })
}

/// How many voxels a millimetre covers at most along each axis; more than 1 / spacing where axes are not at right angles.
fn reach(grid: &Geometry) -> [f64; 3] {
    let start = grid.voxel(grid.origin());
    let steps = [0, 1, 2].map(|axis: usize| {
        let mut point = grid.origin();
        point[axis] += 1.0;
        let voxel = grid.voxel(point);
        [0, 1, 2].map(|along: usize| voxel[along] - start[along])
    });
    [0, 1, 2].map(|along: usize| steps.iter().map(|step| step[along].powi(2)).sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_other_columns_are_no_trouble() {
        let text = "\u{feff}coordX,coordY,seriesuid,coordZ,diameter_mm,note\r\n-1.5,2,\"1.3.6\",3,5.6,\"a, \"\"b\"\"\"\r\n\r\n";
        let expected = Nodule {
            series: "1.3.6".into(),
            centre: [-1.5, 2.0, 3.0],
            diameter: 5.6,
        };
        assert_eq!(parse(text).unwrap(), [expected]);
        let bad = "seriesuid,coordX,coordY,coordZ,diameter_mm\na,1,2,3,x\n";
        assert!(
            parse(bad)
                .unwrap_err()
                .to_string()
                .contains("line 2: diameter_mm is \"x\"")
        );
        for bad in [
            "",
            "a,b\n",
            "seriesuid,coordX,coordY,coordZ,diameter_mm\na,1,2,3,-4\n",
            "seriesuid,coordX,coordY,coordZ,diameter_mm\na,1\n",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    fn nodule(centre: [f64; 3], diameter: f64) -> Nodule {
        Nodule {
            series: String::new(),
            centre,
            diameter,
        }
    }

    #[test]
    fn the_volume_of_a_sphere_is_right_on_any_grid() {
        let axes = [[0.0, 0.2, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.1]];
        let grid = Geometry::new([1.0, 0.5, 0.7], [20.0, 30.0, -40.0], axes).unwrap();
        let centre = grid.point([25.0, 40.0, 30.0]);
        let drawn = spheres(&grid, [50, 80, 60], &[nodule(centre, 16.0)]).unwrap();
        let found = drawn.labels.data().iter().filter(|&&label| label == 1).count() as f64;
        // The axes are not at right angles, so a voxel is smaller than the product of the spacings.
        let [a, b, c] = grid.axes();
        let cross = [
            b[1] * c[2] - b[2] * c[1],
            b[2] * c[0] - b[0] * c[2],
            b[0] * c[1] - b[1] * c[0],
        ];
        let voxel = (a[0] * cross[0] + a[1] * cross[1] + a[2] * cross[2]).abs() * 0.35;
        let expected = 4.0 / 3.0 * std::f64::consts::PI * 512.0 / voxel;
        assert!((found / expected - 1.0).abs() < 0.02, "{found} {expected}");
        assert!(drawn.outside.is_empty());
    }

    #[test]
    fn a_speck_marks_its_voxel_and_a_stranger_is_reported() {
        let grid = Geometry::of_spacing([5.0, 1.0, 1.0]).unwrap();
        let drawn = spheres(
            &grid,
            [3, 4, 4],
            &[nodule([2.4, 1.3, 6.0], 0.2), nodule([50.0, 1.0, 1.0], 3.0)],
        )
        .unwrap();
        let marked: Vec<usize> = (0..48).filter(|&i| drawn.labels.data()[i] > 0).collect();
        assert_eq!((marked, drawn.outside), (vec![16 + 4 + 2], vec![2]));
        assert!(spheres(&grid, [3, 4, 4], &[nodule([0.0; 3], f64::NAN)]).is_err());
    }
}
