//! Planes in space, put in order as a grid.

use crate::{DataError, Geometry};

/// Steps may differ by so much of the usual one: positions are often rounded to a tenth of a millimetre.
const UNEVEN: f64 = 0.05;
/// A plane may lie beside the line through the first and the last by so much of a pixel.
const BESIDE: f64 = 0.1;
/// Planes nearer than this, in mm, are at the same place.
const SAME: f64 = 1e-4;

/// Where a plane of pixels lies (PS3.3 section C.7.6.2, Image Plane module).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plane {
    /// Centre of the first pixel, in mm.
    pub position: [f64; 3],
    /// Directions in which the column number and the row number grow.
    pub across: [f64; 3],
    pub down: [f64; 3],
    /// Distance between rows, then between columns, in mm.
    pub spacing: [f64; 2],
    /// What a file says of the distance to the next plane, used where there is no next plane.
    pub thickness: Option<f64>,
}

/// Planes in the order of a grid.
#[derive(Debug)]
pub(super) struct Stack {
    /// Which plane comes first, second, ...
    pub order: Vec<usize>,
    pub geometry: Geometry,
    /// Angle between the planes' normal and the way from plane to plane, in degrees.
    pub tilt: f64,
}

/// Why planes are no grid; plane numbers as given.
#[derive(Debug, PartialEq)]
pub(super) enum Unordered {
    /// There is none, or the attributes give no place.
    Invalid(String),
    /// Two planes at one place.
    Same(usize, usize),
    /// A step that is not the usual one: the planes on both sides, its length and the usual length.
    Uneven {
        before: usize,
        after: usize,
        step: f64,
        usual: f64,
    },
    /// A plane beside the line of the others, by so many mm.
    Beside(usize, f64),
    /// Planes whose directions or pixel spacings differ.
    Mixed(usize, usize),
}

impl std::fmt::Display for Unordered {
    /// With planes as frames, counted from 1.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(text) => f.write_str(text),
            Self::Same(a, b) => write!(f, "frames {} and {} lie at the same place", a + 1, b + 1),
            Self::Uneven {
                before,
                after,
                step,
                usual,
            } => {
                let (before, after) = (before + 1, after + 1);
                write!(
                    f,
                    "frames {before} and {after} lie {step:.3} mm apart, others {usual:.3} mm"
                )
            }
            Self::Beside(i, distance) => {
                write!(f, "frame {} lies {distance:.3} mm beside the line of the others", i + 1)
            }
            Self::Mixed(a, b) => write!(
                f,
                "frames {} and {} differ in orientation or pixel spacing",
                a + 1,
                b + 1
            ),
        }
    }
}

impl Plane {
    pub fn normal(&self) -> [f64; 3] {
        cross(self.across, self.down)
    }

    /// Whether both have the same directions and spacing, as far as rounded text can tell.
    pub fn is_parallel(&self, other: &Self) -> bool {
        let near = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-3 * a.abs().max(b.abs());
        near(self.across, other.across)
            && near(self.down, other.down)
            && self.spacing.iter().zip(other.spacing).all(|(&a, b)| same(a, b))
    }

    /// The grid of this plane alone.
    pub fn geometry(&self) -> Result<Geometry, DataError> {
        let [rows, columns] = self.spacing;
        let thickness = self.thickness.unwrap_or(1.0);
        Geometry::new(
            [thickness, rows, columns],
            self.position,
            [self.normal(), self.down, self.across],
        )
    }
}

/// Puts planes in order along their normal.
pub(super) fn arrange(planes: &[Plane]) -> Result<Stack, Unordered> {
    let invalid = |error: DataError| Unordered::Invalid(error.to_string());
    let Some(model) = planes.first() else {
        return Err(Unordered::Invalid("there is no plane".into()));
    };
    let flat = model.geometry().map_err(invalid)?;
    if let Some(other) = planes.iter().position(|plane| !plane.is_parallel(model)) {
        return Err(Unordered::Mixed(0, other));
    }
    if planes.len() == 1 {
        return Ok(Stack {
            order: vec![0],
            geometry: flat,
            tilt: 0.0,
        });
    }
    let [normal, ..] = flat.axes();
    let heights: Vec<f64> = planes.iter().map(|plane| dot(plane.position, normal)).collect();
    let mut order: Vec<usize> = (0..planes.len()).collect();
    order.sort_by(|&a, &b| heights[a].total_cmp(&heights[b]));
    let step = |pair: &[usize]| heights[pair[1]] - heights[pair[0]];
    let mut steps: Vec<f64> = order.windows(2).map(step).collect();
    if let Some(same) = steps.iter().position(|&step| step < SAME) {
        return Err(Unordered::Same(order[same], order[same + 1]));
    }
    steps.sort_by(f64::total_cmp);
    // Of two middle ones the smaller: a missing slice makes a step longer.
    let usual = steps[(steps.len() - 1) / 2];
    if let Some(pair) = order
        .windows(2)
        .find(|pair| (step(pair) - usual).abs() > UNEVEN * usual)
    {
        return Err(Unordered::Uneven {
            before: pair[0],
            after: pair[1],
            step: step(pair),
            usual,
        });
    }
    let (first, last) = (planes[order[0]].position, planes[order[order.len() - 1]].position);
    let parts = (order.len() - 1) as f64;
    let way = [0, 1, 2].map(|i| (last[i] - first[i]) / parts);
    for (place, &plane) in order.iter().enumerate() {
        let off = [0, 1, 2].map(|i| planes[plane].position[i] - first[i] - way[i] * place as f64);
        let along = dot(off, normal);
        let beside = length([0, 1, 2].map(|i| off[i] - along * normal[i]));
        if beside > BESIDE * model.spacing[0].min(model.spacing[1]) {
            return Err(Unordered::Beside(plane, beside));
        }
    }
    let distance = length(way);
    let tilt = (dot(way, normal) / distance).clamp(-1.0, 1.0).acos().to_degrees();
    // Positions rounded to some digits make an angle of their own: an upright stack is taken where that explains it.
    let drift = distance * parts * tilt.to_radians().sin();
    let is_upright = drift < BESIDE * model.spacing[0].min(model.spacing[1]);
    let (axis, distance, tilt) = match is_upright {
        true => (normal, dot(way, normal), 0.0),
        false => (way, distance, tilt),
    };
    let [_, down, across] = flat.axes();
    let [rows, columns] = model.spacing;
    let geometry = Geometry::new([distance, rows, columns], first, [axis, down, across]).map_err(invalid)?;
    Ok(Stack { order, geometry, tilt })
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(vector: [f64; 3]) -> f64 {
    dot(vector, vector).sqrt()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(position: [f64; 3]) -> Plane {
        Plane {
            position,
            across: [1.0, 0.0, 0.0],
            down: [0.0, 1.0, 0.0],
            spacing: [0.7, 0.5],
            thickness: Some(5.0),
        }
    }

    #[test]
    fn planes_are_ordered_by_place_and_the_step_is_measured() {
        let planes = [30.0, 10.0, 20.0].map(|z| plane([1.0, 2.0, z]));
        let stack = arrange(&planes).unwrap();
        assert_eq!(stack.order, [1, 2, 0]);
        assert_eq!(stack.geometry.spacing(), [10.0, 0.7, 0.5]);
        assert_eq!(stack.geometry.origin(), [1.0, 2.0, 10.0]);
        assert_eq!(stack.tilt, 0.0);
        assert_eq!(arrange(&planes[..1]).unwrap().geometry.spacing(), [5.0, 0.7, 0.5]);
    }

    #[test]
    fn a_gap_a_double_and_a_stray_plane_are_named() {
        let at = |heights: &[f64]| heights.iter().map(|&z| plane([0.0, 0.0, z])).collect::<Vec<_>>();
        let gap = arrange(&at(&[0.0, 2.0, 8.0, 4.0])).unwrap_err();
        assert_eq!(
            gap,
            Unordered::Uneven {
                before: 3,
                after: 2,
                step: 4.0,
                usual: 2.0
            }
        );
        assert_eq!(arrange(&at(&[0.0, 2.0, 2.0])).unwrap_err(), Unordered::Same(1, 2));
        assert!(arrange(&at(&[0.0, 2.0, 4.1])).is_ok(), "rounded positions");
        let mut planes = at(&[0.0, 2.0, 4.0]);
        planes[1].position[0] = 3.0;
        assert_eq!(arrange(&planes).unwrap_err(), Unordered::Beside(1, 3.0));
        planes[1].across = [0.0, 0.0, 1.0];
        assert_eq!(arrange(&planes).unwrap_err(), Unordered::Mixed(0, 1));
    }

    #[test]
    fn a_tilted_gantry_gives_a_sheared_grid() {
        let planes: Vec<Plane> = (0..5).map(|i| plane([0.0, f64::from(i), 2.0 * f64::from(i)])).collect();
        let stack = arrange(&planes).unwrap();
        assert!((stack.tilt - 26.565).abs() < 1e-3, "{}", stack.tilt);
        let point = stack.geometry.point([4.0, 0.0, 0.0]);
        assert!(
            point.iter().zip([0.0, 4.0, 8.0]).all(|(a, b)| (a - b).abs() < 1e-9),
            "{point:?}"
        );
    }
}
