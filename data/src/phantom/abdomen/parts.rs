//! Lesions of the liver and loops of bowel.

use crate::phantom::noise::between;
use crate::phantom::space::{Noise3, Point, along, direction, ellipsoid, length, minus};
use rand::{Rng, RngExt};
pub(in crate::phantom) struct Lesion {
    pub at: Point,
    pub radii: Point,
    pub attenuation: f32,
    pub rim: f32,
    pub shape: Noise3,
    pub fine: Noise3,
}

impl Lesion {
    pub fn outside(&self, p: Point) -> f32 {
        let far = length(minus(p, self.at)) - 1.5 * self.radii[0].max(self.radii[1]).max(self.radii[2]);
        if far > 4.0 {
            return far;
        }
        ellipsoid(p, self.at, self.radii) + 0.13 * self.radii[0] * self.shape.at(p)
    }
}

/// A loop of bowel: a winding tube of wall around something.
pub(super) struct Bowel {
    pub path: Vec<Point>,
    pub radius: f32,
    /// Attenuation of its contents, and the height above which gas stands.
    pub contents: f32,
    pub level: f32,
}

pub(super) fn bowel(rng: &mut impl Rng, [a, b]: [f32; 2]) -> Bowel {
    let colon = rng.random::<f32>() < 0.3;
    let radius = if colon {
        between(rng, 15.0, 21.0)
    } else {
        between(rng, 9.0, 13.0)
    };
    let side = if rng.random::<bool>() { 1.0 } else { -1.0 };
    let mut at = if colon {
        [
            side * between(rng, 0.55, 0.8) * a,
            between(rng, -0.4, 0.2) * b,
            between(rng, -90.0, -30.0),
        ]
    } else {
        [
            between(rng, -0.6, 0.7) * a,
            between(rng, -0.75, 0.1) * b,
            between(rng, -110.0, -24.0),
        ]
    };
    let mut path = vec![at];
    let mut heading = direction(rng);
    for _ in 0..4 {
        heading = along(heading, direction(rng), 0.7);
        at = along(at, [heading[0], 0.6 * heading[1], heading[2]], 13.0);
        at[2] = at[2].min(-22.0);
        path.push(at);
    }
    let gassy = rng.random::<f32>() < if colon { 0.7 } else { 0.25 };
    let level = if gassy {
        path[0][1] + radius * between(rng, -0.7, 0.3)
    } else {
        -1e3
    };
    Bowel {
        path,
        radius,
        contents: between(rng, 5.0, 55.0) - if colon { 25.0 } else { 0.0 },
        level,
    }
}
