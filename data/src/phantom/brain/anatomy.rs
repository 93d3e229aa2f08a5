//! The anatomy of a brain.

use super::tumour::Tumour;
use super::{FLUID, GREY, OEDEMA, Signal, VESSEL, WHITE};
use crate::phantom::noise::{between, smoothstep};
use crate::phantom::space::{Noise3, Point, Tube, along, chain, cover, direction, ellipsoid, joined, minus, mix, rod};
use rand::Rng;
use rand::rngs::ChaCha8Rng;
pub(super) struct Brain {
    pub radii: Point,
    pub warp: [Noise3; 3],
    pub fold: Noise3,
    pub fold_fine: Noise3,
    pub leaf: Noise3,
    pub fine: Noise3,
    /// Half-width of the ventricles, which grow with age.
    pub wide: f32,
    /// Where the white matter is old: bright spots in FLAIR that are no tumour.
    pub age: f32,
    pub spots: Noise3,
}

impl Brain {
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        Self {
            radii: [
                between(rng, 64.0, 70.0),
                between(rng, 80.0, 87.0),
                between(rng, 58.0, 63.0),
            ],
            warp: [0; 3].map(|_| Noise3::new(rng, 36.0)),
            fold: Noise3::new(rng, 13.0),
            fold_fine: Noise3::new(rng, 8.0),
            leaf: Noise3::new(rng, 6.5),
            fine: Noise3::new(rng, 3.0),
            wide: between(rng, 3.5, 7.5),
            age: between(rng, 0.0, 1.0),
            spots: Noise3::new(rng, 8.0),
        }
    }

    pub fn warped(&self, p: Point) -> Point {
        [0, 1, 2].map(|i| p[i] + 1.1 * self.warp[i].at(p))
    }

    /// Distance from the surface of the two hemispheres, negative inside.
    pub fn hull(&self, p: Point) -> f32 {
        let base = if p[2] < -8.0 { 0.82 } else { 1.0 };
        let narrow = [self.radii[0], self.radii[1], self.radii[2] * base];
        let whole = ellipsoid(p, [0.0, 0.0, -8.0], narrow);
        // The underside is flat, and the temporal lobes hang below it.
        let floor = -(p[2] + 34.0 + 12.0 * smoothstep(18.0, 42.0, p[0].abs()) * smoothstep(45.0, 0.0, p[1].abs()));
        whole.max(floor)
    }

    /// Depth under the folded surface in mm: below 0 in the fluid of a furrow.
    pub fn depth(&self, p: Point, hull: f32) -> f32 {
        let wall = 4.7 * self.fold.at(p).abs() + 1.3 * self.fold_fine.at(p).abs() - 1.2;
        let floor = (-hull - 17.0).max(0.0);
        let midline = p[0].abs() - 0.9 + 0.5 * smoothstep(8.0, -8.0, p[2]) * 30.0;
        (-hull)
            .min(wall + 1.2 * floor)
            .min(midline + 2.2 * floor.max(0.0) * smoothstep(30.0, 5.0, p[2]))
    }

    /// Distance from the ventricles' wall.
    pub fn ventricles(&self, p: Point) -> f32 {
        let q = [p[0].abs(), p[1], p[2]];
        let w = self.wide;
        let front = rod(q, [8.0, -32.0, 4.0], [6.5, -8.0, 14.0], [w, 0.9 * w]);
        let body = rod(q, [6.5, -8.0, 14.0], [12.0, 20.0, 14.0], [0.9 * w, 1.1 * w]);
        let back = rod(q, [12.0, 20.0, 14.0], [21.0, 46.0, 3.0], [1.1 * w, 0.35 * w]);
        let lower = rod(q, [20.0, 24.0, 4.0], [31.0, -4.0, -20.0], [0.7 * w, 0.4 * w]);
        let third = ellipsoid(q, [0.0, 2.0, -3.0], [0.35 * w, 14.0, 12.0]);
        joined(joined(front, body, 3.0), back, 3.0).min(lower).min(third)
    }

    /// Large vessels: the sinuses, the arteries of the base, and veins of the surface.
    pub fn vessels(&self, rng: &mut impl Rng) -> Vec<Tube> {
        let tube = |from, to, r: f32| Tube {
            from,
            to,
            radii: [r; 2],
        };
        let [a, b, c] = self.radii;
        let top = |t: f32| [0.0, -b * 0.98 * t.cos(), -8.0 + c * 0.99 * t.sin()];
        let mut tubes: Vec<Tube> = (2..27)
            .map(|i| tube(top(0.1 * i as f32), top(0.1 * (i + 1) as f32), 2.6))
            .collect();
        for side in [-1.0, 1.0] {
            tubes.push(tube([side * 4.0, -12.0, -30.0], [side * 30.0, -12.0, -22.0], 1.4));
            tubes.push(tube([side * 30.0, -12.0, -22.0], [side * 46.0, 8.0, 4.0], 1.1));
            tubes.push(tube([side * 3.0, 68.0, -26.0], [side * 48.0, 44.0, -30.0], 2.8));
        }
        for _ in 0..14 {
            let d = direction(rng);
            let at = [d[0] * a * 0.97, d[1] * b * 0.97, -8.0 + d[2].abs() * c * 0.97];
            let to = along(at, minus([0.0, at[1] * 0.9, c * 0.9], at), between(rng, 0.15, 0.5));
            tubes.push(tube(at, to, between(rng, 0.6, 1.1)));
        }
        tubes
    }

    /// The four signals at a place, and the label.
    pub fn paint(&self, p: Point, half: f32, vessel: f32, tumour: &Tumour, v: &mut [f32]) -> u32 {
        v.fill(0.0);
        let q = self.warped(tumour.pushed(p));
        let hull = self.hull(q);
        let cerebellum = ellipsoid([q[0].abs(), q[1], q[2]], [20.0, 46.0, -42.0], [30.0, 29.0, 21.0]);
        let cerebellum = joined(cerebellum, ellipsoid(q, [0.0, 50.0, -44.0], [16.0, 22.0, 20.0]), 6.0);
        let stem = rod(q, [0.0, 14.0, -22.0], [0.0, 24.0, -78.0], [13.0, 9.5]);
        let outside = hull.min(cerebellum).min(stem);
        let brain = cover(outside - 1.2, half);
        if brain <= 0.0 {
            return 0;
        }
        let fine = self.fine.at(p);
        let mut tissue = FLUID;
        let blend = |tissue: &mut Signal, other: Signal, part: f32| {
            tissue.iter_mut().zip(other).for_each(|(v, o)| mix(v, o, part));
        };
        let (mut white, mut depth) = (0.0, 0.0);
        if hull < half {
            depth = self.depth(q, hull);
            let deep = self.deep_grey(q);
            white = cover(3.1 - depth, half.max(0.8)) * (1.0 - cover(deep, half));
            blend(&mut tissue, GREY, cover(-depth, half));
            blend(&mut tissue, WHITE, cover(3.1 - depth, half.max(0.8)));
            blend(&mut tissue, [0.50, 0.60, 0.60, 0.54], cover(deep, half));
            let caps = self.ventricles(q);
            if self.age > 0.3 {
                let near = smoothstep(9.0, 1.0, caps) * self.age + smoothstep(1.3, 2.2, self.spots.at(q)) * self.age;
                let lesion = 0.75 * near.min(1.0) * white;
                blend(&mut tissue, OEDEMA, lesion);
            }
            blend(&mut tissue, FLUID, cover(caps, half));
        }
        if cerebellum < half {
            let wall = (3.4 * self.leaf.at([q[0] * 0.45, q[1], q[2]]).abs()).min(-cerebellum);
            let arbor = smoothstep(6.0, 12.0, -cerebellum);
            let leaf = [0.50, 0.55, 0.55, 0.56];
            blend(&mut tissue, leaf, cover(cerebellum, half));
            blend(
                &mut tissue,
                FLUID,
                0.5 * cover(wall - 0.6, half) * (1.0 - arbor) * cover(cerebellum, half),
            );
            blend(
                &mut tissue,
                WHITE,
                0.85 * smoothstep(0.9, 2.4, wall + 2.0 * arbor - 0.6) * cover(cerebellum, half),
            );
        }
        blend(&mut tissue, [0.46, 0.66, 0.66, 0.50], cover(stem, half));
        let mut label = 0;
        if hull < 0.0 {
            label = tumour.paint(p, white, depth, half, fine, |other, part| {
                blend(&mut tissue, other, part)
            });
        }
        blend(&mut tissue, VESSEL, 0.9 * vessel);
        for (c, signal) in tissue.iter().enumerate() {
            v[c] = brain * (signal * (1.0 + 0.025 * fine)).max(0.1);
        }
        label
    }

    /// Distance from thalamus, caudate head and lentiform nucleus.
    pub fn deep_grey(&self, p: Point) -> f32 {
        let q = [p[0].abs(), p[1], p[2]];
        let thalamus = ellipsoid(q, [11.0, 8.0, 2.0], [8.5, 14.0, 8.5]);
        let caudate = chain(q, &[[13.0, -24.0, 4.0], [15.0, -8.0, 16.0], [19.0, 12.0, 17.0]], 4.5);
        let lentiform = ellipsoid([q[0] - 0.25 * q[1], q[1], q[2]], [27.0, -4.0, 0.0], [6.5, 17.0, 10.0]);
        thalamus.min(caudate).min(lentiform)
    }
}
