//! The belly as computed tomography with contrast medium in the portal vein's phase shows it.

mod parts;

use super::noise::{between, normal, smoothstep};
use super::space::{
    Branching, Noise3, Point, Tube, along, chain, cover, direction, ellipsoid, grow, joined, length, minus, mix, rod,
    shared,
};
use super::torso::{Torso, oval};
use parts::{Bowel, Lesion, bowel};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// What a voxel belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Organ {
    Other,
    Liver,
    Lesion,
    Spleen,
    RightKidney,
    LeftKidney,
    Stomach,
    Gallbladder,
    Aorta,
    VenaCava,
    Pancreas,
    Vertebra,
}

/// Attenuation in HU about 70 s after the injection (portal venous phase); ranges from Kalender (2011) and from the means of
/// organs in public contrast CT. Each patient differs by a few HU.
struct Contrast {
    liver: f32,
    spleen: f32,
    cortex: f32,
    medulla: f32,
    vein: f32,
    aorta: f32,
    pancreas: f32,
    wall: f32,
}

/// One patient's belly. The origin lies in the middle, at the height of the upper poles of the kidneys.
pub(super) struct Abdomen {
    pub torso: Torso,
    contrast: Contrast,
    sway: Noise3,
    fine: Noise3,
    liver: [Point; 4],
    spleen: [Point; 2],
    kidneys: [(Point, Point); 2],
    stomach: [Point; 3],
    bowels: Vec<Bowel>,
    gas: f32,
    dome: f32,
}

impl Abdomen {
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        let cavity = [between(rng, 128.0, 145.0), between(rng, 82.0, 98.0)];
        let [a, b] = cavity;
        let mut about = |p: Point, by: f32| p.map(|v| v + by * (rng.random::<f32>() * 2.0 - 1.0));
        let liver = [
            about([-0.5 * a, -0.02 * b, 18.0], 5.0),
            about([0.53 * a, 0.8 * b, 70.0], 5.0),
            about([-0.1 * a, -0.5 * b, 30.0], 6.0),
            about([0.55 * a, 0.32 * b, 36.0], 5.0),
        ];
        let spleen = [about([0.76 * a, 0.42 * b, 26.0], 4.0), about([24.0, 38.0, 42.0], 5.0)];
        let kidneys = [
            (about([-60.0, 0.62 * b, -34.0], 4.0), about([26.0, 24.0, 50.0], 3.0)),
            (about([62.0, 0.55 * b, -22.0], 5.0), about([26.0, 24.0, 52.0], 3.0)),
        ];
        let stomach = [
            about([58.0, 8.0, 52.0], 5.0),
            about([54.0, -34.0, 12.0], 6.0),
            about([6.0, -38.0, -14.0], 6.0),
        ];
        let shift = 8.0 * normal(rng);
        let contrast = Contrast {
            liver: 108.0 + shift + between(rng, -8.0, 8.0),
            spleen: 120.0 + shift,
            cortex: 195.0 + shift,
            medulla: 165.0 + shift,
            vein: 168.0 + 1.3 * shift,
            aorta: 152.0 + shift,
            pancreas: 95.0 + 0.7 * shift,
            wall: 78.0,
        };
        let bowels = (0..rng.random_range(17..25)).map(|_| bowel(rng, cavity)).collect();
        Self {
            torso: Torso::new(rng, cavity, false),
            contrast,
            sway: Noise3::new(rng, 38.0),
            fine: Noise3::new(rng, 3.5),
            liver,
            spleen,
            kidneys,
            stomach,
            bowels,
            gas: between(rng, -56.0, -38.0),
            dome: between(rng, 72.0, 84.0),
        }
    }

    fn below_lungs(&self, p: Point) -> f32 {
        let (u, v) = ((p[0].abs() - 62.0) / 95.0, (p[1] + 5.0) / 90.0);
        let side = if p[0] > 0.0 { -8.0 } else { 0.0 };
        p[2] - (self.dome + side - 55.0 * (u * u + v * v)) + 2.0 * self.sway.at(p)
    }

    /// Distance from the liver's surface, before other organs press into it.
    pub fn liver(&self, p: Point) -> f32 {
        let sway = 5.0 * self.sway.at(p);
        let right = ellipsoid(p, self.liver[0], [self.liver[1][0], self.liver[1][1], self.liver[1][2]]);
        let tilt = [p[0], p[1], p[2] + 0.25 * p[0]];
        let left = ellipsoid(
            tilt,
            self.liver[2],
            [self.liver[3][0], self.liver[3][1], self.liver[3][2]],
        );
        let whole = joined(right, left, 16.0) + sway;
        // The hollow of its lower side, where the vessels enter.
        let hilum = ellipsoid(p, [-22.0, 18.0, -12.0], [34.0, 34.0, 32.0]);
        let kidney = self.kidney(p, 0) - 4.0;
        let held = shared(whole, -joined(hilum, kidney, 10.0), 8.0);
        shared(
            shared(held, self.torso.inside(p) + 3.0, 4.0),
            self.below_lungs(p) + 3.0,
            4.0,
        )
    }

    fn kidney(&self, p: Point, side: usize) -> f32 {
        let (at, radii) = self.kidneys[side];
        // The upper poles lean towards the spine and back.
        let q = minus(p, at);
        let sign = if side == 0 { -1.0 } else { 1.0 };
        let lean = [q[0] + sign * 0.22 * q[2], q[1] + 0.15 * q[2], q[2]];
        let hilum = ellipsoid(lean, [-sign * 24.0, -7.0, 0.0], [15.0, 10.0, 17.0]);
        shared(ellipsoid(lean, [0.0; 3], radii) + 0.8 * self.sway.at(p), -hilum, 5.0)
    }

    fn spleen(&self, p: Point) -> f32 {
        let whole = ellipsoid(p, self.spleen[0], self.spleen[1]) + 2.5 * self.sway.at(p);
        let hollow = ellipsoid(p, along(self.spleen[0], [-27.0, -14.0, 0.0], 1.0), [24.0, 30.0, 40.0]);
        shared(shared(whole, -hollow, 6.0), self.torso.inside(p) + 3.0, 4.0)
    }

    fn stomach(&self, p: Point) -> f32 {
        let [a, b, c] = self.stomach;
        joined(rod(p, a, b, [27.0, 24.0]), rod(p, b, c, [23.0, 14.0]), 10.0) + 3.0 * self.sway.at(p)
    }

    /// Lesions inside the liver, 3 to 26 mm in radius.
    pub fn lesions(&self, rng: &mut ChaCha8Rng, count: usize, levels: [f32; 2]) -> Vec<Lesion> {
        let mut lesions: Vec<Lesion> = Vec::new();
        for _ in 0..2000 {
            if lesions.len() >= count {
                break;
            }
            let radius = 4.5 * 5.8f32.powf(rng.random::<f32>());
            let at = [
                between(rng, -130.0, 40.0),
                between(rng, -85.0, 75.0),
                between(rng, levels[0], levels[1]),
            ];
            let free = lesions
                .iter()
                .all(|l| length(minus(l.at, at)) > 1.4 * (l.radii[0] + radius));
            if self.liver(at) < -0.7 * radius && free {
                let cyst = rng.random::<f32>() < 0.2;
                lesions.push(Lesion {
                    at,
                    radii: [0; 3].map(|_| radius * between(rng, 0.8, 1.2)),
                    attenuation: if cyst {
                        between(rng, 2.0, 14.0)
                    } else {
                        self.contrast.liver - between(rng, 24.0, 62.0)
                    },
                    rim: if cyst { 0.0 } else { between(rng, -6.0, 22.0) },
                    shape: Noise3::new(rng, radius),
                    fine: Noise3::new(rng, 4.0),
                });
            }
        }
        lesions
    }

    /// Portal and hepatic veins of the liver.
    pub fn veins(&self, rng: &mut ChaCha8Rng) -> Vec<Tube> {
        let rule = Branching {
            stretch: 6.5,
            thinnest: 0.8,
            spread: 0.8,
        };
        let mut tubes = Vec::new();
        for i in 0..9 {
            let hepatic = i < 3;
            let root = if hepatic {
                [-22.0, 22.0, 58.0]
            } else {
                [-30.0, 6.0, 6.0]
            };
            let aim = match i {
                0 => [-90.0, 10.0, 10.0],
                1 => [-60.0, -50.0, 20.0],
                2 => [10.0, -50.0, 25.0],
                _ => [
                    between(rng, -120.0, 20.0),
                    between(rng, -70.0, 60.0),
                    between(rng, -30.0, 60.0),
                ],
            };
            let (heading, radius) = (minus(aim, root), between(rng, 3.2, 5.0));
            let start = along(root, direction(rng), 6.0);
            let inside = |p: Point| self.liver(p) < -1.0 || length(minus(p, root)) < 34.0;
            tubes.extend(grow(rng, start, heading, radius, &rule, &inside));
        }
        tubes.push(Tube {
            from: [14.0, 14.0, -22.0],
            to: [-34.0, 4.0, 8.0],
            radii: [6.5, 6.0],
        });
        tubes
    }

    /// Attenuation and organ at a place; `veins` is how much of it is vein of the liver.
    pub fn paint(&self, p: Point, veins: f32, lesions: &[Lesion], half: f32, v: &mut f32) -> Organ {
        self.torso.wall(p, half, v);
        let inside = self.torso.inside(p);
        if inside > 20.0 {
            return Organ::Other;
        }
        let mut organ = Organ::Other;
        if inside < half {
            organ = self.cavity(p, inside, veins, lesions, half, v);
        }
        let before = *v;
        self.torso.bones(p, half, v);
        if p[0].abs() < 45.0 && p[1] > 0.2 * self.torso.cavity[1] && *v > before + 20.0 {
            organ = Organ::Vertebra;
        }
        organ
    }

    fn cavity(&self, p: Point, inside: f32, veins: f32, lesions: &[Lesion], half: f32, v: &mut f32) -> Organ {
        let c = &self.contrast;
        let fine = self.fine.at(p);
        let mut organ = Organ::Other;
        let mut take = |v: &mut f32, distance: f32, value: f32, name: Organ| {
            mix(v, value, cover(distance, half));
            if distance < 0.0 {
                organ = name;
            }
        };
        let strand = smoothstep(0.14, 0.02, self.sway.at([p[0] * 1.7, p[1] * 1.7, p[2]]).abs());
        *v += 45.0 * strand * smoothstep(0.0, -10.0, inside);
        for side in [-1.0, 1.0] {
            let psoas = oval(
                [
                    p[0] - side * (33.0 - 0.1 * p[2]),
                    p[1] - 0.72 * self.torso.cavity[1],
                    0.0,
                ],
                [15.0, 17.0],
                2.0,
            );
            take(v, psoas + 0.07 * p[2].max(-40.0) + 3.0, 58.0 + 3.0 * fine, Organ::Other);
        }
        for bowel in &self.bowels {
            let d = chain(p, &bowel.path, bowel.radius) + 1.5 * self.sway.at([p[0] * 2.0, p[1] * 2.0, p[2] * 2.0]);
            if d < half && inside < -2.0 {
                take(v, d, c.wall + 4.0 * fine, Organ::Other);
                let gas = p[1] < bowel.level;
                let stuff = if gas {
                    -960.0
                } else {
                    bowel.contents + 0.25 * bowel.contents.abs() * fine
                };
                take(v, d + 2.2, stuff, Organ::Other);
            }
        }
        let pancreas = chain(
            p,
            &[
                [-34.0, 4.0, -24.0],
                [-8.0, -6.0, -8.0],
                [26.0, 2.0, 6.0],
                [62.0, 24.0, 20.0],
            ],
            9.5,
        );
        let lobed = pancreas + 2.6 * self.fine.at([p[0] * 0.6, p[1] * 0.6, p[2] * 0.6]);
        take(v, lobed, c.pancreas + 6.0 * fine, Organ::Pancreas);
        for (side, name) in [(0, Organ::RightKidney), (1, Organ::LeftKidney)] {
            let d = self.kidney(p, side);
            if d < half {
                take(v, d, c.cortex, name);
                let pyramid = smoothstep(-0.5, 0.4, self.sway.at([p[0] * 2.6, p[1] * 2.6, p[2] * 2.6]));
                mix(v, c.medulla, pyramid * smoothstep(-5.0, -8.0, d));
                let (at, _) = self.kidneys[side];
                let sinus = ellipsoid(p, at, [9.0, 8.0, 24.0]) + 2.5 * fine;
                mix(v, -55.0 + 70.0 * smoothstep(0.3, 1.0, fine), cover(sinus, half));
            }
        }
        let spleen = self.spleen(p);
        take(v, spleen, c.spleen + 2.0 * fine, Organ::Spleen);
        let stomach = self.stomach(p).max(inside + 4.0);
        take(v, stomach, c.wall + 8.0, Organ::Stomach);
        let food = if p[1] < self.gas { -970.0 } else { 22.0 + 14.0 * fine };
        mix(v, food, cover(stomach + 4.0 + 1.2 * fine, half));
        let liver = self.liver(p);
        let mut lesioned = false;
        if liver < half {
            take(v, liver, c.liver + 2.5 * fine, Organ::Liver);
            mix(v, c.vein, veins * cover(liver, half));
            for lesion in lesions {
                let d = lesion.outside(p);
                if d < 3.0 {
                    let rim = lesion.rim * smoothstep(3.0, 0.5, (d + 1.5).abs());
                    let core = lesion.attenuation + rim + 5.0 * lesion.fine.at(p);
                    mix(v, core, cover(d, 1.4 * half) * cover(liver, half));
                    if d < 0.0 && liver < 0.0 {
                        lesioned = true;
                    }
                }
            }
        }
        if lesioned {
            organ = Organ::Lesion;
        }
        self.vessels(p, half, v, &mut organ, veins * cover(-liver, half));
        organ
    }

    /// Gall bladder, aorta, vena cava, and the lungs' lowest parts above the diaphragm.
    fn vessels(&self, p: Point, half: f32, v: &mut f32, organ: &mut Organ, portal: f32) {
        let c = &self.contrast;
        let mut take = |distance: f32, value: f32, name: Organ| {
            mix(v, value, cover(distance, half));
            if distance < 0.0 {
                *organ = name;
            }
        };
        take(
            ellipsoid(p, [-44.0, -34.0, -22.0], [13.0, 19.0, 24.0]) - 1.0,
            60.0,
            Organ::Gallbladder,
        );
        take(
            ellipsoid(p, [-44.0, -34.0, -22.0], [12.5, 18.5, 23.5]),
            9.0,
            Organ::Gallbladder,
        );
        let spine = 0.78 * self.torso.cavity[1] - 14.0;
        take((p[0] - 9.0).hypot(p[1] - spine + 11.0) - 10.0, c.aorta, Organ::Aorta);
        let cava = oval(
            [p[0] + 20.0, p[1] - spine + 12.0 + 0.12 * p[2].max(0.0), 0.0],
            [13.0, 10.0],
            2.0,
        );
        take(cava, c.vein - 22.0, Organ::VenaCava);
        if portal > 0.0 {
            mix(v, c.vein, portal);
        }
        let lung = -self.below_lungs(p);
        if lung < half && p[1] < self.torso.cavity[1] {
            let heart = ellipsoid(p, [22.0, -28.0, 112.0], [56.0, 42.0, 46.0]);
            let spine = oval([p[0] - 4.0, p[1] - spine - 6.0, 0.0], [30.0, 26.0], 2.0);
            let base = joined(joined(heart, (p[0] - 4.0).abs() - 9.0, 12.0), spine, 12.0);
            let mut tissue = -850.0 + 60.0 * self.fine.at(p).max(0.0).powi(3);
            mix(&mut tissue, if heart < 0.0 { 130.0 } else { -60.0 }, cover(base, half));
            mix(v, tissue, cover(lung, half));
            if lung < 0.0 {
                *organ = Organ::Other;
            }
        }
    }
}
