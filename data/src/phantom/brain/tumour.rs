//! A tumour that grows, swells and pushes.

use super::anatomy::Brain;
use super::{NECROSIS, OEDEMA, RIM, SOLID, Signal};
use crate::phantom::noise::{between, normal, smoothstep};
use crate::phantom::space::{Noise3, Point, along, cover, ellipsoid, length, minus, mix};
use rand::rngs::ChaCha8Rng;
pub(super) struct Tumour {
    pub at: Point,
    pub radius: f32,
    pub stretch: Point,
    /// Thickness of the enhancing rim in mm.
    pub rim: f32,
    pub gap: f32,
    pub reach: f32,
    pub solid: f32,
    pub shape: Noise3,
    pub rough: Noise3,
    pub spread: Noise3,
}

impl Tumour {
    pub fn new(rng: &mut ChaCha8Rng, brain: &Brain) -> Self {
        let radius = between(rng, 8.0, 21.0);
        let mut at = [32.0, 10.0, 14.0];
        for _ in 0..300 {
            let p = [
                between(rng, -60.0, 60.0),
                between(rng, -75.0, 75.0),
                between(rng, -30.0, 45.0),
            ];
            let middle = p[0].abs() < 0.5 * radius + 6.0;
            if brain.hull(p) < -0.75 * radius - 4.0 && !middle && brain.ventricles(p) > 0.3 * radius {
                at = p;
                break;
            }
        }
        Self {
            at,
            radius,
            stretch: [0; 3].map(|_| between(rng, 0.85, 1.15)),
            rim: between(rng, 2.2, 5.5),
            gap: between(rng, -1.6, -0.5),
            reach: between(rng, 5.0, 20.0),
            solid: normal(rng),
            shape: Noise3::new(rng, 0.95 * radius),
            rough: Noise3::new(rng, 6.0),
            spread: Noise3::new(rng, 24.0),
        }
    }

    /// Where the tissue seen at a place came from: a tumour pushes the brain aside (mass effect).
    pub fn pushed(&self, p: Point) -> Point {
        let q = minus(p, self.at);
        let d = length(q).max(1e-3);
        let push = 0.30 * self.radius * (-(d / (1.9 * self.radius)).powi(2)).exp();
        along(p, q, -push / d.max(0.7 * self.radius))
    }

    pub fn paint(
        &self,
        p: Point,
        white: f32,
        depth: f32,
        half: f32,
        fine: f32,
        mut blend: impl FnMut(Signal, f32),
    ) -> u32 {
        let radii = self.stretch.map(|s| s * self.radius);
        let far = length(minus(p, self.at));
        if far > 1.5 * self.radius + 2.2 * self.reach + 14.0 {
            return 0;
        }
        let core = ellipsoid(p, self.at, radii) + 0.16 * self.radius * self.shape.at(p) + 0.6 * self.rough.at(p);
        let swelling = core - self.reach * (1.0 + 0.5 * self.spread.at(p));
        let mut label = 0;
        // Oedema runs along white matter; the grey of the surface is spared.
        let wet = smoothstep(1.6 * half + 1.0, -1.6 * half - 1.0, swelling);
        blend(OEDEMA, 0.92 * wet * smoothstep(0.8, 3.0, depth) * (0.45 + 0.55 * white));
        if swelling < 0.0 && depth > 1.9 {
            label = 1;
        }
        if depth > -1.0 || core < -2.0 {
            let thick = self.rim * (1.0 + 0.25 * self.rough.at(p));
            let open = self.shape.at([p[0] + 60.0, p[1], p[2]]) < self.gap;
            let inner = core + thick;
            let mut heart = NECROSIS;
            let part = smoothstep(-0.6, 0.6, self.solid + 0.7 * self.spread.at(p));
            heart.iter_mut().zip(SOLID).for_each(|(v, s)| mix(v, s, part));
            blend(
                if open {
                    SOLID
                } else {
                    RIM.map(|v| v * (1.0 + 0.05 * fine))
                },
                cover(core, half),
            );
            blend(heart, cover(inner, half));
            if core < 0.0 {
                label = if inner < 0.0 || open { 2 } else { 3 };
            }
        }
        label
    }
}
