//! The wall of the trunk as computed tomography shows it: skin, fat, muscle, ribs, sternum, spine.

use super::noise::{between, smoothstep};
use super::space::{Noise3, Point, cover, ellipsoid, mix, rod};
use rand::Rng;

/// Attenuation in Hounsfield units. Water is 0 and air -1000 by definition; the others are the middles of the ranges given by
/// Kalender, "Computed Tomography" (2011), and by Hounsfield (1973).
pub(super) mod hu {
    pub const AIR: f32 = -1000.0;
    pub const FAT: f32 = -105.0;
    pub const SKIN: f32 = 10.0;
    pub const MUSCLE: f32 = 55.0;
    pub const CARTILAGE: f32 = 110.0;
    pub const MARROW: f32 = 165.0;
    pub const CORTEX: f32 = 850.0;
}

/// The wall of one patient's trunk.
pub(super) struct Torso {
    /// Half-axes of the cavity in mm.
    pub cavity: [f32; 2],
    wall: f32,
    fat: f32,
    /// Place of one rib along the body, and the distance between two.
    ribs: [f32; 2],
    sway: Noise3,
    grain: Noise3,
    fibres: Noise3,
    density: f32,
    table: f32,
    /// Whether the cavity narrows towards the neck.
    narrows: bool,
}

/// How far the vertebral bodies' middle lies behind the middle of the cavity, as a part of its half-axis.
const SPINE: f32 = 0.78;

impl Torso {
    pub fn new(rng: &mut impl Rng, cavity: [f32; 2], narrows: bool) -> Self {
        Self {
            cavity,
            wall: between(rng, 15.0, 22.0),
            fat: between(rng, 7.0, 24.0),
            ribs: [between(rng, 0.0, 25.0), between(rng, 24.0, 29.0)],
            sway: Noise3::new(rng, 55.0),
            grain: Noise3::new(rng, 2.2),
            fibres: Noise3::new(rng, 9.0),
            density: between(rng, 0.75, 1.15),
            table: between(rng, 12.0, 20.0),
            narrows,
        }
    }

    /// Distance from the cavity's wall in mm, negative inside.
    pub fn inside(&self, p: Point) -> f32 {
        let shrink = if self.narrows { narrowing(p[2]) } else { 1.0 };
        // On both sides of the spine the cavity reaches further back.
        let beside = smoothstep(48.0, 4.0, (p[0].abs() - 62.0).abs()) * smoothstep(10.0, 70.0, p[1]);
        let round = oval(p, [self.cavity[0] * shrink, self.cavity[1] * shrink], 2.3);
        round - 11.0 * beside + 1.6 * self.sway.at(p)
    }

    fn outline(&self, p: Point) -> f32 {
        let thick = self.wall + self.fat;
        let half = [self.cavity[0] + 1.15 * thick, self.cavity[1] + 0.95 * thick];
        // The back is flat where the patient lies on it, and hollow over the spine.
        let hollow = 6.0 * smoothstep(30.0, 0.0, p[0].abs()) * smoothstep(0.0, 60.0, p[1]);
        oval(p, half, 2.5) + 1.5 * self.sway.at([p[0], p[1], p[2] + 400.0]) + hollow
    }

    /// The middle of the vertebral body at the level of a place.
    fn spine(&self) -> f32 {
        SPINE * self.cavity[1]
    }

    /// Air, the table, skin, fat and muscle; everything inside the cavity becomes fat.
    pub fn wall(&self, p: Point, half: f32, v: &mut f32) {
        *v = hu::AIR;
        let outline = self.outline(p);
        if outline > half {
            let below = p[1] - (self.cavity[1] + 0.95 * (self.wall + self.fat) + self.table - 0.0006 * p[0] * p[0]);
            if p[0].abs() < 210.0 && below > -2.0 {
                mix(v, -850.0, cover((below - 16.0).abs() - 16.0, half));
                mix(
                    v,
                    -150.0,
                    cover((below - 16.0).abs() - 16.0, half) * cover(14.0 - (below - 16.0).abs(), half),
                );
            }
            return;
        }
        mix(v, hu::SKIN, cover(outline, half));
        mix(v, hu::FAT + 6.0 * self.fibres.at(p), cover(outline + 2.0, half));
        let inside = self.inside(p);
        // Muscle layers, with streaks of fat between them; the back's muscle is thick beside the spine.
        let (side, depth) = (p[0].abs(), p[1] / self.cavity[1]);
        let mut back = 1.0 + 1.6 * smoothstep(75.0, 15.0, side) * smoothstep(0.2, 0.8, depth);
        if self.narrows {
            // The breast muscle in front, the broad muscle of the back at the side.
            back += 0.7 * smoothstep(35.0, 5.0, (side - 65.0).abs()) * smoothstep(-0.4, -0.8, depth);
            back += 0.8 * smoothstep(0.5, 0.1, (depth - 0.35).abs()) * smoothstep(60.0, 110.0, side);
        }
        let edge = inside - self.wall * back * (1.0 + 0.12 * self.sway.at([p[0] + 300.0, p[1], p[2]]));
        let edge = edge.max(outline + 3.0);
        let streak = smoothstep(
            0.35,
            0.05,
            self.fibres.at([p[0] * 0.5, p[1] * 0.5, p[2] * 0.3 + 900.0]).abs(),
        );
        let layer = smoothstep(0.8, 0.0, (inside - 11.0).abs() / 1.6) * smoothstep(20.0, 60.0, p[0].abs());
        let muscle = hu::MUSCLE - 95.0 * (0.45 * streak + 0.8 * layer).min(1.0);
        mix(v, muscle, cover(edge, half) * cover(-inside, half));
        mix(v, hu::FAT, cover(inside, half));
    }

    /// Ribs, sternum and spine, over everything else.
    pub fn bones(&self, p: Point, half: f32, v: &mut f32) {
        let inside = self.inside(p);
        if (-2.0..16.0).contains(&inside) {
            self.rib(p, inside, half, v);
        }
        if p[0].abs() < 45.0 && p[1] > 0.2 * self.cavity[1] {
            self.vertebra(p, half, v);
        }
        let front = [
            0.0,
            -self.cavity[1] * if self.narrows { narrowing(p[2]) } else { 1.0 } - 9.0,
        ];
        if self.narrows && p[1] < front[1] + 12.0 && p[0].abs() < 30.0 {
            let flat = oval([p[0], p[1] - front[1], 0.0], [17.0, 6.0], 2.6);
            self.bone(p, flat, 1.3, half, v);
        }
    }

    /// Ribs run down from the spine to the front, within the chest wall.
    fn rib(&self, p: Point, inside: f32, half: f32, v: &mut f32) {
        let angle = (p[0].abs() / self.cavity[0]).atan2(p[1] / self.cavity[1]);
        let drop = 62.0 * smoothstep(0.1, 2.4, angle);
        let [phase, pitch] = self.ribs;
        let level = (p[2] + drop - phase).rem_euclid(pitch) - 0.5 * pitch;
        // Below the last rib, and between spine and sternum's edges, there is none.
        if !(0.28..=2.85).contains(&angle) || (!self.narrows && p[2] + drop < -40.0) {
            return;
        }
        let shape = ((level / 6.5).hypot((inside - 5.5) / 3.6) - 1.0) * 3.6;
        if angle > 2.25 {
            mix(v, hu::CARTILAGE, cover(shape, half));
        } else {
            self.bone(p, shape, 0.9, half, v);
        }
    }

    fn vertebra(&self, p: Point, half: f32, v: &mut f32) {
        let y = self.spine();
        let q = [p[0], p[1] - y, p[2]];
        let [phase, pitch] = self.ribs;
        let level = (p[2] - phase).rem_euclid(pitch) - 0.5 * pitch;
        let body = oval(q, [17.5, 14.0], 2.2) + 1.5 * smoothstep(pitch * 0.42, 0.0, level.abs());
        let disc = level.abs() - (0.5 * pitch - 3.5);
        if disc > 0.0 {
            mix(v, 85.0, cover(body, half));
        } else {
            let end = smoothstep(-2.2, -0.4, disc);
            self.bone(p, body, 1.1 + 2.0 * end, half, v);
        }
        let canal = (q[0]).hypot((q[1] - 20.0) * 1.1) - 8.5;
        let ring = canal - 5.0;
        let arch = ring.max(-canal);
        if arch < half && disc < 0.0 {
            self.bone(p, arch, 1.4, half, v);
        }
        let spinous = rod(q, [0.0, 33.0, level], [0.0, 52.0, level], [3.2, 4.0]).max(level.abs() - 9.0);
        let cross = rod(
            [q[0].abs(), q[1], q[2]],
            [9.0, 24.0, level],
            [32.0, 30.0, level],
            [4.4, 3.4],
        );
        let cross = cross.max(level.abs() - 6.0);
        for part in [spinous, cross] {
            if part < half {
                self.bone(p, part, 1.2, half, v);
            }
        }
        mix(v, -60.0, cover(canal, half));
        mix(
            v,
            28.0,
            cover(ellipsoid([q[0], q[1], 0.0], [0.0, 20.0, 0.0], [6.5, 5.0, 9.0]), half),
        );
    }

    /// A dense shell `shell` mm thick around spongy bone.
    fn bone(&self, p: Point, distance: f32, shell: f32, half: f32, v: &mut f32) {
        let outer = cover(distance, half);
        if outer > 0.0 {
            let spongy = self.density * (hu::MARROW + 55.0 * self.grain.at(p));
            mix(v, self.density.sqrt() * hu::CORTEX, outer);
            mix(v, spongy, cover(distance + shell, half));
        }
    }
}

/// Width of the chest at a height, relative to its widest.
fn narrowing(z: f32) -> f32 {
    let up = ((z + 30.0) / 215.0).max(0.0);
    (1.0 - up * up).max(0.05).sqrt()
}

/// Distance from an upright tube whose cross-section is a superellipse, measured along the ray from its middle.
pub(super) fn oval(p: Point, half: [f32; 2], power: f32) -> f32 {
    let f = ((p[0].abs() / half[0]).powf(power) + (p[1].abs() / half[1]).powf(power)).powf(1.0 / power);
    if f < 0.05 {
        return -half[0].min(half[1]);
    }
    p[0].hypot(p[1]) * (1.0 - 1.0 / f)
}
