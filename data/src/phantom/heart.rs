//! Short-axis cine magnetic resonance images of the heart.

use super::noise::{between, smoothstep};
use super::scanner::{coil, rician};
use super::space::{Grid, Noise3, Point, cover, ellipsoid, joined, mix, rod};
use super::torso::oval;
use super::volume_set::{PhantomCase, VolumeSet, image_rng, patient_rng};
use crate::DataError;
use rand::rngs::ChaCha8Rng;

/// Stacks of thick short-axis slices of beating hearts, two frames a patient: the end of filling (ED, large chambers, thin
/// wall) and the end of contraction (ES). Labels in the order of ACDC: 1 right ventricle, 2 myocardium of the left ventricle,
/// 3 its cavity, papillary muscles included. In these images (balanced steady-state free precession) blood and fat are bright,
/// muscle dark, lung black; the right ventricle is as bright as fat, the left one's wall as dark as the liver.
///
/// A 10 mm slice blurs walls that run through it at a slant, most of all near the apex. The coil is uneven and the noise Rician.
/// The real counterpart is ACDC (Bernard et al. 2018). Taught in project 5.
///
/// ```
/// use unet_lab_data::phantom::HeartPhantom;
/// let set = HeartPhantom::new(48).with_patients(1).generate()?;
/// let names: Vec<&str> = set.iter().map(|c| c.name.as_str()).collect();
/// assert_eq!(names, ["heart-000-ED", "heart-000-ES"]);
/// assert_eq!(set.cases()[0].group, set.cases()[1].group);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HeartPhantom {
    /// Width and height in voxels.
    pub size: usize,
    /// Number of slices from base to apex. Default: 10.
    pub slices: usize,
    /// Distance between voxels along `[depth, height, width]` in mm. Default: 10 mm between slices, and a field of view of
    /// 230 mm.
    pub spacing: [f64; 3],
    /// Number of patients, with two frames each. Default: 10.
    pub patients: usize,
    /// The same seed always gives the same cases. Default: 42.
    pub seed: u64,
    /// Standard deviation of the noise of either part of the complex signal, as a part of the brightest tissue. Default: 0.035.
    pub noise: f32,
}

const BLOOD: f32 = 0.82;
const FAT: f32 = 0.95;
const MUSCLE: f32 = 0.27;
const LIVER: f32 = 0.33;
const LUNG: f32 = 0.055;

impl HeartPhantom {
    /// Stacks of 10 slices of `size x size` voxels.
    pub fn new(size: usize) -> Self {
        let step = 230.0 / size.max(1) as f64;
        Self {
            size,
            slices: 10,
            spacing: [10.0, step, step],
            patients: 10,
            seed: 42,
            noise: 0.035,
        }
    }

    /// Sets the number of slices.
    pub fn with_slices(self, slices: usize) -> Self {
        Self { slices, ..self }
    }

    /// Sets the distance between voxels along `[depth, height, width]` in mm.
    pub fn with_spacing(self, spacing: [f64; 3]) -> Self {
        Self { spacing, ..self }
    }

    /// Sets the number of patients, with two frames each.
    pub fn with_patients(self, patients: usize) -> Self {
        Self { patients, ..self }
    }

    /// Sets the seed.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the noise.
    pub fn with_noise(self, noise: f32) -> Self {
        Self { noise, ..self }
    }

    /// Makes the cases, named heart-000-ED, heart-000-ES, heart-001-ED, ... A patient does not depend on how many there are.
    ///
    /// # Errors
    /// [`DataError::Argument`] for a spacing that is not above 0.
    pub fn generate(&self) -> Result<VolumeSet, DataError> {
        crate::volume::check_spacing(&self.spacing)?;
        let frames = (0..self.patients).flat_map(|p| [(p, 0), (p, 1)]);
        let cases = frames.map(|(p, f)| self.case(p, f)).collect::<Result<_, _>>()?;
        let labels = &[(1, "right ventricle"), (2, "myocardium"), (3, "left ventricle")];
        Ok(VolumeSet::new(cases, labels))
    }

    fn case(&self, patient: usize, frame: usize) -> Result<PhantomCase, DataError> {
        let heart = Heart::new(&mut patient_rng(self.seed, patient), frame as f32);
        let mut rng = image_rng(self.seed, 2 * patient + frame);
        let size = [self.slices, self.size, self.size];
        let grid = Grid::new(size, self.spacing, [0.0; 3], 8);
        let (half, tall) = (grid.half(), (self.spacing[0] * self.slices as f64) as f32);
        let (mut values, labels) = grid.render(1, |p, _, v| {
            heart.paint(p, half, [tall, self.spacing[0] as f32], &mut v[0])
        });
        let gain = between(&mut rng, 250.0, 600.0);
        let sense = coil(&mut rng, &grid, 0.22);
        for (v, sense) in values.iter_mut().zip(sense) {
            *v = gain * rician(&mut rng, *v * sense, self.noise);
        }
        let name = format!("heart-{patient:03}-{}", ["ED", "ES"][frame]);
        PhantomCase::rendered(name, format!("heart-{patient:03}"), &grid, 1, (values, labels))
    }
}

struct Heart {
    /// Radius of the left cavity at its widest, and thickness of its wall.
    cavity: f32,
    wall: f32,
    /// Size of the right ventricle.
    right: f32,
    length: f32,
    squeeze: f32,
    turn: f32,
    middle: [f32; 2],
    chest: [f32; 2],
    fat: f32,
    sway: Noise3,
    fine: Noise3,
    flow: Noise3,
    gut: Noise3,
    papillary: [f32; 2],
}

impl Heart {
    fn new(rng: &mut ChaCha8Rng, systole: f32) -> Self {
        let cavity = between(rng, 22.0, 29.0);
        let wall = between(rng, 7.5, 11.0);
        // Fraction of the volume that a beat drives out, from sick to healthy.
        let ejected = between(rng, 0.3, 0.68);
        let shrink = (1.0 - ejected * 0.86).sqrt();
        let inner = cavity * (1.0 + systole * (shrink - 1.0));
        // Muscle keeps its area when it shortens.
        let outer = ((cavity + wall).powi(2) - cavity.powi(2) + inner.powi(2)).sqrt() * (1.0 + 0.03 * systole);
        Self {
            cavity: inner,
            wall: outer - inner,
            right: between(rng, 0.84, 1.04) * (1.0 - 0.2 * systole * ejected / 0.6),
            length: between(rng, 78.0, 92.0) * (1.0 - 0.12 * systole),
            squeeze: between(rng, 0.92, 1.08),
            turn: between(rng, -0.35, 0.35),
            middle: [between(rng, -4.0, 12.0), between(rng, -16.0, 2.0)],
            chest: [between(rng, 118.0, 135.0), between(rng, 84.0, 100.0)],
            fat: between(rng, 6.0, 22.0),
            sway: Noise3::new(rng, 26.0),
            fine: Noise3::new(rng, 5.0),
            flow: Noise3::new(rng, 13.0),
            gut: Noise3::new(rng, 20.0),
            papillary: [between(rng, 0.7, 1.1), between(rng, 2.9, 3.4)],
        }
    }

    /// The signal at a place, and its label. z grows towards the apex.
    fn paint(&self, p: Point, half: f32, [tall, above]: [f32; 2], v: &mut f32) -> u32 {
        self.surroundings(p, half, v);
        // 0 at the base, 1 at the apex.
        let t = (p[2] + 0.5 * tall - above) / self.length;
        let (dx, dy) = (p[0] - self.middle[0], p[1] - self.middle[1]);
        let (sin, cos) = self.turn.sin_cos();
        let q = [dx * cos + dy * sin, (dy * cos - dx * sin) * self.squeeze, p[2]];
        let wave = self.sway.at(p);
        if t < 0.0 {
            self.base(q, half, wave, v);
            return 0;
        }
        let slim = |t: f32, by: f32| (1.0 - (t * by).min(1.0).powi(2)).max(0.0).sqrt();
        let outer = (self.cavity + self.wall) * slim(t, 1.0) * (1.0 - 0.12 * t);
        let inner = self.cavity * slim(t, 1.09) * (1.0 - 0.14 * t);
        let r = q[0].hypot(q[1]);
        let (epi, endo) = if t < 1.0 {
            (r - outer + 0.6 * wave, r - inner + 0.9 * wave)
        } else {
            (1e3, 1e3)
        };
        let endo = if inner < 1.0 { 1e3 } else { endo };
        // The right ventricle lies around the septum.
        let scale = self.right * slim(t, 1.12) * (1.0 - 0.25 * t);
        let body = ellipsoid(
            [q[0], q[1], 0.0],
            [-30.0 * self.right + 8.0 * t, -3.0, 0.0],
            [28.0 * scale + 0.1, 38.0 * scale + 0.1, 1e3],
        );
        let corner = ellipsoid(
            [q[0], q[1], 0.0],
            [-14.0, -31.0 * scale, 0.0],
            [22.0 * scale + 0.1, 13.0 * scale + 0.1, 1e3],
        );
        let right = if scale > 0.3 {
            joined(body, corner, 9.0) + 1.6 * wave
        } else {
            1e3
        };
        let sac = epi.min(right - 3.5);
        let fat = 1.0 + 4.0 * smoothstep(0.2, 1.3, self.flow.at([p[0] * 0.4, p[1] * 0.4, p[2] * 0.3]));
        mix(v, FAT, 0.9 * cover(sac - fat, half));
        mix(v, MUSCLE, cover(sac, half));
        let mut label = 0;
        if scale > 0.3 {
            let blood = BLOOD * (0.93 + 0.05 * self.flow.at(p));
            let net = 1.0 - 0.6 * smoothstep(0.7, 1.6, self.fine.at(p)) * smoothstep(-9.0, -1.0, right);
            mix(
                v,
                MUSCLE + (blood - MUSCLE) * net,
                cover(right, half) * cover(-epi, half),
            );
            if right < 0.0 && epi > 0.0 {
                label = 1;
            }
        }
        mix(v, MUSCLE * (1.0 + 0.06 * self.fine.at(p)), cover(epi, half));
        if epi < 0.0 {
            label = 2;
        }
        if endo < half {
            mix(v, BLOOD * (1.0 + 0.05 * self.flow.at(p)), cover(endo, half));
            let net = smoothstep(-4.5, -0.5, endo) * smoothstep(0.5, 1.5, self.fine.at(p));
            mix(v, MUSCLE, 0.65 * net * cover(endo, half));
            for angle in self.papillary {
                let away = inner - (3.0 + 0.12 * self.cavity);
                let size = (0.17 * inner).max(2.0) * smoothstep(0.15, 0.35, t) * smoothstep(0.95, 0.7, t);
                let muscle =
                    (q[0] - away * angle.cos()).hypot(q[1] - away * angle.sin()) - size + 0.7 * self.fine.at(p);
                if size > 0.5 {
                    mix(v, MUSCLE, cover(muscle, half) * cover(endo, half));
                }
            }
            if endo < 0.0 {
                label = 3;
            }
        }
        label
    }

    /// Above the valves: atria, aorta and lung artery, which bear no label.
    fn base(&self, q: Point, half: f32, wave: f32, v: &mut f32) {
        let flat = [q[0], q[1], 0.0];
        let rounds = [
            ([14.0, 12.0, 0.0], [26.0, 20.0, 1e3]),
            ([-34.0, 10.0, 0.0], [23.0, 26.0, 1e3]),
            ([-6.0, -10.0, 0.0], [15.0, 15.0, 1e3]),
            ([-12.0, -36.0, 0.0], [19.0, 13.0, 1e3]),
        ];
        for (at, radii) in rounds {
            let d = ellipsoid(flat, at, radii) + wave;
            mix(v, FAT, 0.7 * cover(d - 4.5, half));
            mix(v, MUSCLE, cover(d - 1.8, half));
            mix(v, BLOOD * (0.92 + 0.06 * wave), cover(d, half));
        }
    }

    /// Chest wall, lungs, liver, stomach, spine and the descending aorta.
    fn surroundings(&self, p: Point, half: f32, v: &mut f32) {
        let wave = self.sway.at([p[0], p[1] + 500.0, p[2] * 0.5]);
        let inside = oval([p[0] - 6.0, p[1] - 12.0, 0.0], self.chest, 2.3) + 1.5 * wave;
        let skin = inside - 15.0 - self.fat;
        *v = 0.012;
        mix(v, FAT * (0.95 + 0.05 * self.fine.at(p)), cover(skin, half));
        let muscle = MUSCLE + 0.3 * smoothstep(0.3, 0.0, self.sway.at([p[0] * 0.8, p[1] * 0.8, 0.3 * p[2]]).abs());
        mix(v, muscle, cover(inside - 15.0, half));
        let rib = (inside - 6.0).abs() - 3.0;
        let gap = ((p[0] * 0.9).atan2(p[1]) * 7.0 + 0.05 * p[2]).sin();
        mix(v, 0.5, cover(rib, half) * smoothstep(0.2, 0.6, gap));
        mix(v, LUNG, cover(inside, half));
        let vessels = smoothstep(2.1, 2.6, self.flow.at([p[0] * 1.6, p[1] * 1.6, p[2]]));
        mix(v, 0.7, vessels * cover(inside + 12.0, half));
        // The diaphragm rises to the patient's right; liver and stomach lie under it.
        let floor = 40.0 - 0.16 * p[0] + 5.0 * wave - 0.25 * p[2];
        let dome = floor - p[1] - 18.0 * smoothstep(10.0, -70.0, p[0]);
        let liver = dome.max(inside + 2.0).max(p[0] - 30.0 - 6.0 * wave);
        mix(v, LIVER * (1.0 + 0.08 * self.fine.at(p)), cover(liver, half));
        mix(
            v,
            BLOOD * 0.85,
            0.8 * cover(liver + 6.0, half) * smoothstep(1.7, 2.1, self.flow.at(p)),
        );
        let stomach = (floor - 4.0 - p[1]).max(30.0 + 6.0 * wave - p[0]).max(inside + 3.0);
        let food = 0.42 + 0.09 * self.gut.at(p) - 0.36 * smoothstep(1.1, 1.5, self.gut.at([p[0], p[1], p[2] + 90.0]));
        mix(v, FAT * 0.9, cover(stomach - 3.0, half) * cover(inside + 1.0, half));
        mix(v, food.clamp(0.05, 0.9), cover(stomach, half));
        let column = [-4.0, self.chest[1] - 4.0];
        let bone = oval([p[0] - column[0], p[1] - column[1], 0.0], [19.0, 16.0], 2.2);
        mix(v, MUSCLE, cover(bone - 10.0, half) * 0.8);
        mix(v, 0.42 + 0.05 * self.fine.at(p), cover(bone, half));
        let aorta = rod(
            p,
            [22.0, self.chest[1] - 24.0, -90.0],
            [18.0, self.chest[1] - 22.0, 90.0],
            [10.5, 10.0],
        );
        mix(v, MUSCLE, cover(aorta - 1.5, half));
        mix(v, BLOOD * 0.97, cover(aorta, half));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::{checks, figures};

    #[test]
    fn figures_for_looking_at() {
        if figures::wanted() {
            let set = HeartPhantom::new(160).with_patients(2).generate().unwrap();
            figures::keep_cases("heart", &set, 10, [0.0, 520.0], 1);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::seeds(|seed, count| {
            HeartPhantom::new(32)
                .with_seed(seed)
                .with_patients(count)
                .generate()
                .map(|set| VolumeSet::new(set.into_cases().into_iter().step_by(2).collect(), &[]))
        });
    }

    #[test]
    fn the_heart_contracts_and_keeps_its_muscle() {
        let set = HeartPhantom::new(96).with_patients(5).generate().unwrap();
        checks::labels(&set);
        for frames in set.cases().chunks(2) {
            let count = |frame: usize, label: u32| frames[frame].labels().only(label).count() as f32;
            let ejected = 1.0 - count(1, 3) / count(0, 3);
            assert!(
                (0.15..0.8).contains(&ejected),
                "{}: ejection fraction {ejected}",
                frames[0].name
            );
            assert!(
                (0.75..1.3).contains(&(count(1, 2) / count(0, 2))),
                "{}: muscle",
                frames[0].name
            );
            assert!(count(1, 1) < count(0, 1), "{}: right ventricle", frames[0].name);
            let [muscle, blood] = [2, 3].map(|label| checks::mean_of(&frames[0], 0, label));
            assert!(blood > 1.5 * muscle, "{}: {blood} {muscle}", frames[0].name);
        }
        let parts = [1, 2, 3].map(|label| set.fraction_of(label));
        assert!(parts.iter().all(|part| (0.01..0.12).contains(part)), "{parts:?}");
    }
}
