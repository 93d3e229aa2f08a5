//! The anatomy of a chest.

use super::Nodule;
use crate::phantom::noise::{between, normal, smoothstep};
use crate::phantom::space::{
    Branching, Grid, Noise3, Point, Tube, along, cover, direction, ellipsoid, grow, joined, minus, mix, rod, shared,
};
use crate::phantom::torso::{Torso, hu, oval};
use rand::Rng;
use rand::rngs::ChaCha8Rng;
/// One patient's chest.
pub(super) struct Chest {
    pub torso: Torso,
    pub heart: Point,
    pub sway: Noise3,
    pub grain: Noise3,
    pub lobule: Noise3,
    pub lung: f32,
    pub blood: f32,
    /// Height of the diaphragm's domes.
    pub domes: [f32; 2],
}

const CARINA: Point = [4.0, 22.0, 18.0];

impl Chest {
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        let cavity = [between(rng, 122.0, 140.0), between(rng, 80.0, 96.0)];
        Self {
            torso: Torso::new(rng, cavity, true),
            heart: [
                between(rng, 20.0, 30.0),
                between(rng, -30.0, -20.0),
                between(rng, -58.0, -46.0),
            ],
            sway: Noise3::new(rng, 30.0),
            grain: Noise3::new(rng, 1.6),
            lobule: Noise3::new(rng, 9.0),
            lung: between(rng, -890.0, -840.0),
            blood: between(rng, 36.0, 48.0),
            domes: [between(rng, -88.0, -76.0), between(rng, -98.0, -84.0)],
        }
    }

    /// Distance from the organs between the lungs.
    pub fn middle(&self, p: Point) -> f32 {
        let half = 9.0 + 20.0 * smoothstep(-75.0, -35.0, p[1]) * smoothstep(75.0, 30.0, p[1]);
        let upper = 4.0 * smoothstep(20.0, 60.0, p[2]);
        let slab = (p[0] - 3.0).abs() - half - upper + 3.0 * self.sway.at(p);
        let heart = ellipsoid(p, self.heart, [60.0, 44.0, 58.0]) - 4.0;
        let spine = oval([p[0], p[1] - 0.78 * self.torso.cavity[1], 0.0], [27.0, 24.0], 2.0);
        let descending = (p[0] - 22.0).hypot(p[1] - 48.0) - 14.0;
        let body = joined(joined(slab, heart, 14.0), spine, 10.0);
        if p[2] < 62.0 {
            joined(body, descending, 8.0)
        } else {
            body
        }
    }

    /// Distance from the diaphragm, negative below it.
    pub fn below(&self, p: Point) -> f32 {
        let side = if p[0] < 0.0 { 0 } else { 1 };
        let (u, v) = ((p[0].abs() - 66.0) / 82.0, (p[1] + 8.0) / 80.0);
        p[2] - (self.domes[side] + 12.0 - 60.0 * (u * u + v * v) + 3.0 * self.sway.at(p))
    }

    /// Distance from the lungs' surface, negative inside.
    pub fn lung(&self, p: Point) -> f32 {
        shared(
            shared(self.torso.inside(p) + 2.0, -self.middle(p), 5.0),
            -self.below(p),
            4.0,
        )
    }

    /// A place inside a lung between two heights.
    pub fn place(&self, rng: &mut impl Rng, levels: [f32; 2]) -> Point {
        let [a, b] = self.torso.cavity;
        for _ in 0..400 {
            let p = [
                between(rng, -a, a),
                between(rng, -b, b),
                between(rng, levels[0], levels[1]),
            ];
            if self.lung(p) < -8.0 {
                return p;
            }
        }
        [-75.0, 0.0, 0.0]
    }

    /// From a place inside a lung outwards until its surface is so near.
    pub fn to_the_wall(&self, rng: &mut impl Rng, from: Point, near: f32) -> Point {
        let aim = direction(rng);
        let heading = [aim[0], aim[1], 0.3 * aim[2]];
        let steps = (0..300).map(|i| along(from, heading, i as f32));
        steps.take_while(|&p| self.lung(p) < -near).last().unwrap_or(from)
    }

    /// Arteries and veins of both lungs.
    pub fn vessels(&self, rng: &mut ChaCha8Rng) -> Vec<Tube> {
        let rule = Branching {
            stretch: 7.5,
            thinnest: 0.4,
            spread: 0.7,
        };
        let mut tubes = Vec::new();
        for side in [-1.0, 1.0] {
            for _ in 0..15 {
                let root = [
                    side * between(rng, 32.0, 44.0),
                    between(rng, -12.0, 28.0),
                    between(rng, -28.0, 12.0),
                ];
                let [a, b] = self.torso.cavity;
                let aim = [
                    side * between(rng, 40.0, a),
                    between(rng, -b, b),
                    between(rng, -100.0, 100.0),
                ];
                let heading = minus(aim, root);
                let radius = between(rng, 2.4, 4.6);
                let inside = |p: Point| self.lung(p) < -1.5 || (p[0].abs() < 70.0 && self.torso.inside(p) < -20.0);
                tubes.extend(grow(rng, root, heading, radius, &rule, &inside));
            }
        }
        tubes
    }

    /// The large airways and the walls around them: windpipe, main bronchi, and a companion of each thick artery.
    pub fn airways(&self, vessels: &[Tube]) -> [Vec<Tube>; 2] {
        let tube = |from, to, r: f32| Tube {
            from,
            to,
            radii: [r; 2],
        };
        let mut lumen = vec![
            tube([0.0, 14.0, 140.0], CARINA, 8.5),
            tube(CARINA, [-34.0, 24.0, -6.0], 6.5),
            tube(CARINA, [42.0, 28.0, -12.0], 6.0),
            tube([-34.0, 24.0, -6.0], [-44.0, 30.0, -45.0], 4.0),
            tube([42.0, 28.0, -12.0], [52.0, 38.0, -48.0], 3.6),
        ];
        let companions = vessels
            .iter()
            .filter(|t| t.radii[0] > 1.3 && t.radii[0] < 3.3 && self.lung(t.from) < -4.0);
        lumen.extend(companions.map(|t| {
            let (r, aside) = (0.75 * t.radii[0], [0.0, 1.2 * t.radii[0] + 1.6, 0.0]);
            tube(along(t.from, aside, 1.0), along(t.to, aside, 1.0), r)
        }));
        let walls = lumen
            .iter()
            .map(|t| tube(t.from, t.to, t.radii[0] + 0.5 + 0.1 * t.radii[0]));
        [walls.collect(), lumen]
    }

    pub fn draw(&self, rng: &mut impl Rng, grid: &Grid, vessels: &[Tube], nodules: &[Nodule]) -> (Vec<f32>, Vec<u32>) {
        let half = grid.half();
        let blood = grid.stamp(vessels);
        let [walls, air] = self.airways(vessels).map(|tubes| grid.stamp(&tubes));
        let fissure = Noise3::new(rng, 90.0);
        let tilt = 0.8 + 0.1 * normal(rng);
        grid.render(1, |p, thin, out| {
            let v = &mut out[0];
            self.torso.wall(p, half, v);
            let inside = self.torso.inside(p);
            let mut label = 0;
            if inside < 2.0 * half {
                let lung = self.lung(p);
                if lung > -2.0 * half {
                    self.organs(p, inside, half, v);
                }
                if lung < half {
                    // The parts that lie low are better supplied with blood.
                    let gravity = 55.0 * smoothstep(-60.0, 85.0, p[1]);
                    let tissue = self.lung + gravity + 26.0 * self.grain.at(p) + 14.0 * self.lobule.at(p);
                    let sheet = (p[1] - tilt * p[2] - 4.0 + 9.0 * fissure.at(p)).abs();
                    let tissue = tissue + 170.0 * smoothstep(1.3, 0.2, sheet);
                    mix(v, tissue, cover(lung, half));
                }
                mix(v, -120.0, walls[thin] * 0.9);
                mix(v, self.blood, blood[thin]);
                mix(v, -975.0, air[thin]);
                for nodule in nodules {
                    let distance = nodule.outside(p);
                    if distance < 3.0 && lung < 2.0 * half {
                        nodule.paint(p, distance, half, v);
                        label |= u32::from(distance < 0.0 && lung < 0.0);
                    }
                }
            }
            if p[1] > 20.0 || inside > -4.0 {
                self.torso.bones(p, half, v);
            }
            label
        })
    }

    /// Heart, great vessels, gullet, and what lies under the diaphragm.
    pub fn organs(&self, p: Point, inside: f32, half: f32, v: &mut f32) {
        let part = |d: f32| cover(d, half);
        if self.below(p) < 2.0 && inside < -2.0 {
            let organ = if p[0] < 35.0 { 58.0 } else { 46.0 };
            mix(
                v,
                organ + 3.0 * self.lobule.at(p),
                part(self.below(p)) * part(inside + 3.0),
            );
        }
        let heart = ellipsoid(p, self.heart, [57.0, 40.0, 55.0]) + 2.5 * self.sway.at(p);
        mix(v, -85.0, part(heart - 4.0));
        mix(v, self.blood + 4.0 + 3.0 * self.sway.at(p), part(heart));
        // Grooves of fat between atria and ventricles.
        let groove = (p[0] - self.heart[0] + 0.7 * (p[1] - self.heart[1])).abs() - 2.0 + 5.0 * self.lobule.at(p);
        mix(
            v,
            -70.0,
            0.7 * part(groove) * smoothstep(-14.0, -3.0, heart) * part(heart),
        );
        let rods = [
            rod(p, [-14.0, -26.0, -30.0], [-12.0, -22.0, 45.0], [16.0, 15.0]),
            rod(p, [-12.0, -22.0, 45.0], [20.0, 40.0, 52.0], [14.0, 12.5]),
            rod(p, [21.0, 47.0, 50.0], [17.0, 50.0, -140.0], [12.5, 11.5]),
            rod(p, [12.0, -30.0, -20.0], [18.0, -8.0, 12.0], [15.0, 13.0]),
            rod(p, [-42.0, -2.0, -2.0], [40.0, 6.0, 6.0], [10.5, 10.5]),
            rod(p, [-32.0, -16.0, -50.0], [-28.0, -14.0, 70.0], [10.0, 8.5]),
            rod(p, [-28.0, -14.0, 70.0], [30.0, -30.0, 90.0], [7.0, 6.0]),
            rod(p, [10.0, -6.0, 52.0], [22.0, 4.0, 150.0], [5.5, 4.5]),
            rod(p, [-8.0, -10.0, 55.0], [-24.0, -2.0, 150.0], [6.0, 4.5]),
            rod(p, [10.0, 42.0, -120.0], [3.0, 33.0, 140.0], [7.0, 6.0]),
        ];
        let vessel = rods.into_iter().fold(f32::MAX, f32::min);
        mix(v, self.blood + 2.0 * self.lobule.at(p), part(vessel));
        mix(v, hu::MUSCLE, part(inside + 2.0) * part(-inside));
    }
}
