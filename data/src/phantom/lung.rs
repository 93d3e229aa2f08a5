//! Computed tomography of the chest with lung nodules.

use super::noise::{between, normal, smoothstep};
use super::scanner::ct_noise;
use super::space::{
    Branching, Grid, Noise3, Point, Tube, along, cover, direction, ellipsoid, grow, joined, length, minus, mix, rod,
    shared,
};
use super::torso::{Torso, hu, oval};
use super::volume_set::{PhantomCase, VolumeSet, image_rng};
use crate::DataError;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};

/// Chests in Hounsfield units with 1 to 4 nodules of 4 to 30 mm (label 1) each: air -1000, lung about -860 with branching
/// vessels and airways, heart and muscle 35 to 60, fat -105, ribs and spine with a dense shell. Some nodules stand alone,
/// some touch the pleura or a vessel, some are ground glass (-650 to -400, soft-edged). Solid ones have the attenuation of
/// vessels and of the chest wall, so that no threshold finds them.
///
/// The real counterparts are LUNA16 (Setio et al. 2017) and MSD Task06. The noise is that of filtered back-projection, and
/// a thick slice is the mean of thin ones (partial volume). Taught in project 1.
///
/// ```
/// use unet_lab_data::phantom::LungPhantom;
/// let set = LungPhantom::new(48).with_slices(12).with_count(1).with_seed(3).generate()?;
/// assert_eq!(set.cases()[0].volume().spacing(), [2.5, 7.5, 7.5]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LungPhantom {
    /// Width and height in voxels.
    pub size: usize,
    /// Number of slices. Default: half of `size`.
    pub slices: usize,
    /// Distance between voxels along `[depth, height, width]` in mm. Default: 2.5 mm between slices, and a field of view of
    /// 360 mm. A field of view under 260 mm shows a part of one lung with a nodule in it.
    pub spacing: [f64; 3],
    /// Number of cases. Default: 8.
    pub count: usize,
    /// The same seed always gives the same cases. Default: 42.
    pub seed: u64,
    /// Standard deviation of the noise in HU. Default: 22, that of a low-dose scan with a soft kernel.
    pub noise: f32,
    /// The part of the nodules that is ground glass, 0 to 1. Default: 0.2.
    pub ground_glass: f32,
}

impl LungPhantom {
    /// Volumes of `size / 2` slices of `size x size` voxels.
    pub fn new(size: usize) -> Self {
        let step = 360.0 / size.max(1) as f64;
        Self {
            size,
            slices: size / 2,
            spacing: [2.5, step, step],
            count: 8,
            seed: 42,
            noise: 22.0,
            ground_glass: 0.2,
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

    /// Sets the number of cases.
    pub fn with_count(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// Sets the seed.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the standard deviation of the noise in HU.
    pub fn with_noise(self, noise: f32) -> Self {
        Self { noise, ..self }
    }

    /// Sets the part of the nodules that is ground glass.
    pub fn with_ground_glass(self, ground_glass: f32) -> Self {
        Self { ground_glass, ..self }
    }

    /// Makes the cases, named lung-000, lung-001, ..., each a patient. Case `i` does not depend on how many there are.
    ///
    /// # Errors
    /// [`DataError::Argument`] for a spacing that is not above 0.
    pub fn generate(&self) -> Result<VolumeSet, DataError> {
        crate::volume::check_spacing(&self.spacing)?;
        let cases = (0..self.count).map(|i| self.case(i)).collect::<Result<_, _>>()?;
        Ok(VolumeSet::new(cases, &[(1, "nodule")]))
    }

    fn case(&self, index: usize) -> Result<PhantomCase, DataError> {
        let mut rng = image_rng(self.seed, index);
        let size = [self.slices, self.size, self.size];
        let chest = Chest::new(&mut rng);
        let half = [1, 2].map(|axis: usize| 0.5 * (self.spacing[axis] * self.size as f64) as f32);
        let zoomed = half[0].min(half[1]) < 130.0;
        let tall = (self.spacing[0] * self.slices as f64) as f32;
        let mut centre = [0.0, 0.0, between(&mut rng, -25.0, 5.0)];
        let aim = chest.place(&mut rng, [centre[2] - 0.35 * tall, centre[2] + 0.35 * tall]);
        if zoomed {
            let off = [0; 3].map(|_| between(&mut rng, -0.5, 0.5));
            centre = [
                aim[0] + off[0] * half[1],
                aim[1] + off[1] * half[0],
                aim[2] + off[2] * 0.4 * tall,
            ];
        }
        let grid = Grid::new(size, self.spacing, centre, 3);
        let vessels = chest.vessels(&mut rng);
        let nodules = self.nodules(&mut rng, &chest, &vessels, &grid, aim);
        let (mut values, labels) = chest.draw(&mut rng, &grid, &vessels, &nodules);
        ct_noise(&mut rng, &mut values, size, self.noise);
        let limit = |v: f32| v.clamp(-1024.0, 3071.0);
        values.iter_mut().for_each(|v| *v = limit(*v));
        let name = format!("lung-{index:03}");
        PhantomCase::rendered(name.clone(), name, &grid, 1, (values, labels))
    }

    /// Nodules inside the field of view, the first one where it is aimed at.
    fn nodules(&self, rng: &mut ChaCha8Rng, chest: &Chest, vessels: &[Tube], grid: &Grid, aim: Point) -> Vec<Nodule> {
        let tall = 0.4 * (grid.spacing[0] * grid.size[0] as f64) as f32;
        let levels = [grid.centre[2] - tall, grid.centre[2] + tall];
        let wanted = rng.random_range(1..=4);
        let mut nodules: Vec<Nodule> = Vec::new();
        while nodules.len() < wanted {
            let radius = 2.0 * 7.5f32.powf(rng.random::<f32>().powf(1.3));
            let free = if nodules.is_empty() {
                aim
            } else {
                chest.place(rng, levels)
            };
            let kind: f32 = rng.random();
            let at = match kind {
                k if k < 0.3 => chest.to_the_wall(rng, free, 0.55 * radius),
                k if k < 0.55 => {
                    let far = |t: &Tube| length(minus(t.from, free));
                    let near = vessels.iter().filter(|t| t.radii[0] > 0.8);
                    let near = near.min_by(|a, b| far(a).total_cmp(&far(b)));
                    near.map_or(free, |t| along(t.from, direction(rng), t.radii[0] + 0.6 * radius))
                }
                _ => free,
            };
            nodules.push(Nodule {
                at,
                radii: [0; 3].map(|_| radius * between(rng, 0.82, 1.18)),
                glass: rng.random::<f32>() < self.ground_glass,
                attenuation: between(rng, 5.0, 70.0),
                rough: if rng.random::<f32>() < 0.4 {
                    between(rng, 0.12, 0.28)
                } else {
                    between(rng, 0.03, 0.1)
                },
                shape: Noise3::new(rng, 0.9 * radius),
                fine: Noise3::new(rng, 3.0),
            });
        }
        nodules
    }
}

struct Nodule {
    at: Point,
    radii: Point,
    glass: bool,
    attenuation: f32,
    rough: f32,
    shape: Noise3,
    fine: Noise3,
}

impl Nodule {
    fn outside(&self, p: Point) -> f32 {
        let most = 1.6 * self.radii[0].max(self.radii[1]).max(self.radii[2]);
        let far = length(minus(p, self.at)) - most;
        if far > 3.0 {
            return far;
        }
        ellipsoid(p, self.at, self.radii) + self.rough * self.radii[0] * self.shape.at(p)
    }

    /// Attenuation and how much of it: ground glass lets the lung through.
    fn paint(&self, p: Point, distance: f32, half: f32, v: &mut f32) {
        if self.glass {
            let veil = smoothstep(2.5, -0.3 * self.radii[0], distance);
            let dense = -560.0 + 1.5 * self.attenuation + 55.0 * self.fine.at(p);
            *v = v.max(*v + (dense - *v) * veil);
        } else {
            mix(v, self.attenuation + 10.0 * self.fine.at(p), cover(distance, half));
        }
    }
}

/// One patient's chest.
struct Chest {
    torso: Torso,
    heart: Point,
    sway: Noise3,
    grain: Noise3,
    lobule: Noise3,
    lung: f32,
    blood: f32,
    /// Height of the diaphragm's domes.
    domes: [f32; 2],
}

const CARINA: Point = [4.0, 22.0, 18.0];

impl Chest {
    fn new(rng: &mut ChaCha8Rng) -> Self {
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
    fn middle(&self, p: Point) -> f32 {
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
    fn below(&self, p: Point) -> f32 {
        let side = if p[0] < 0.0 { 0 } else { 1 };
        let (u, v) = ((p[0].abs() - 66.0) / 82.0, (p[1] + 8.0) / 80.0);
        p[2] - (self.domes[side] + 12.0 - 60.0 * (u * u + v * v) + 3.0 * self.sway.at(p))
    }

    /// Distance from the lungs' surface, negative inside.
    fn lung(&self, p: Point) -> f32 {
        shared(
            shared(self.torso.inside(p) + 2.0, -self.middle(p), 5.0),
            -self.below(p),
            4.0,
        )
    }

    /// A place inside a lung between two heights.
    fn place(&self, rng: &mut impl Rng, levels: [f32; 2]) -> Point {
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
    fn to_the_wall(&self, rng: &mut impl Rng, from: Point, near: f32) -> Point {
        let aim = direction(rng);
        let heading = [aim[0], aim[1], 0.3 * aim[2]];
        let steps = (0..300).map(|i| along(from, heading, i as f32));
        steps.take_while(|&p| self.lung(p) < -near).last().unwrap_or(from)
    }

    /// Arteries and veins of both lungs.
    fn vessels(&self, rng: &mut ChaCha8Rng) -> Vec<Tube> {
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
    fn airways(&self, vessels: &[Tube]) -> [Vec<Tube>; 2] {
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

    fn draw(&self, rng: &mut impl Rng, grid: &Grid, vessels: &[Tube], nodules: &[Nodule]) -> (Vec<f32>, Vec<u32>) {
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
    fn organs(&self, p: Point, inside: f32, half: f32, v: &mut f32) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::{checks, figures};

    #[test]
    fn figures_for_looking_at() {
        if figures::wanted() {
            let whole = LungPhantom::new(256).with_slices(40).with_count(3).generate().unwrap();
            figures::keep_cases("lung_soft", &whole, 5, [-160.0, 240.0], 1);
            figures::keep_cases("lung_lung", &whole, 5, [-1200.0, 200.0], 1);
            let part = LungPhantom::new(128)
                .with_slices(32)
                .with_spacing([2.5, 0.7, 0.7])
                .with_count(4);
            figures::keep_cases("lung_part", &part.generate().unwrap(), 6, [-1200.0, 300.0], 2);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::seeds(|seed, count| {
            LungPhantom::new(40)
                .with_slices(10)
                .with_seed(seed)
                .with_count(count)
                .generate()
        });
    }

    #[test]
    fn attenuations_are_those_of_a_chest() {
        let set = LungPhantom::new(96).with_count(4).generate().unwrap();
        checks::labels(&set);
        for case in &set {
            let share = |from: f32, to: f32| checks::share(case, from, to);
            assert!(
                share(-1100.0, -940.0) > 0.2,
                "{}: air {}",
                case.name,
                share(-1100.0, -940.0)
            );
            assert!(
                (0.08..0.4).contains(&share(-940.0, -750.0)),
                "{}: lung {}",
                case.name,
                share(-940.0, -750.0)
            );
            assert!(
                (0.05..0.4).contains(&share(-150.0, -60.0)),
                "{}: fat {}",
                case.name,
                share(-150.0, -60.0)
            );
            assert!(
                (0.1..0.4).contains(&share(0.0, 100.0)),
                "{}: muscle {}",
                case.name,
                share(0.0, 100.0)
            );
            assert!(
                (0.003..0.08).contains(&share(250.0, 2000.0)),
                "{}: bone {}",
                case.name,
                share(250.0, 2000.0)
            );
        }
        let fraction = set.fraction_of(1);
        assert!((0.0001..0.02).contains(&fraction), "{fraction}");
    }

    #[test]
    fn a_close_view_shows_a_nodule() {
        let close = LungPhantom::new(64)
            .with_slices(24)
            .with_spacing([2.5, 0.7, 0.7])
            .with_count(6);
        for case in &close.generate().unwrap() {
            assert_eq!(case.volume().spacing(), [2.5, 0.7, 0.7]);
            assert!(case.labels().only(1).count() > 20, "{}", case.name);
        }
    }

    #[test]
    fn no_spacing_is_refused() {
        assert!(LungPhantom::new(8).with_spacing([0.0, 1.0, 1.0]).generate().is_err());
    }
}
