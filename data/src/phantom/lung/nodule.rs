//! Lung nodules.

use crate::phantom::noise::smoothstep;
use crate::phantom::space::{Noise3, Point, cover, ellipsoid, length, minus, mix};
pub(super) struct Nodule {
    pub at: Point,
    pub radii: Point,
    pub glass: bool,
    pub attenuation: f32,
    pub rough: f32,
    pub shape: Noise3,
    pub fine: Noise3,
}

impl Nodule {
    pub fn outside(&self, p: Point) -> f32 {
        let most = 1.6 * self.radii[0].max(self.radii[1]).max(self.radii[2]);
        let far = length(minus(p, self.at)) - most;
        if far > 3.0 {
            return far;
        }
        ellipsoid(p, self.at, self.radii) + self.rough * self.radii[0] * self.shape.at(p)
    }

    /// Attenuation and how much of it: ground glass lets the lung through.
    pub fn paint(&self, p: Point, distance: f32, half: f32, v: &mut f32) {
        if self.glass {
            let veil = smoothstep(2.5, -0.3 * self.radii[0], distance);
            let dense = -560.0 + 1.5 * self.attenuation + 55.0 * self.fine.at(p);
            *v = v.max(*v + (dense - *v) * veil);
        } else {
            mix(v, self.attenuation + 10.0 * self.fine.at(p), cover(distance, half));
        }
    }
}
