//! Magnetic resonance images of the brain with a tumour, in four sequences.

use super::noise::{between, normal, smoothstep};
use super::scanner::{coil, rician};
use super::space::{
    Grid, Noise3, Point, Tube, along, chain, cover, direction, ellipsoid, joined, length, minus, mix, rod,
};
use super::volume_set::{PhantomCase, VolumeSet, image_rng};
use crate::DataError;
use rand::Rng;
use rand::rngs::ChaCha8Rng;

/// Brains without their skulls in four channels, in the order and with the labels of MSD Task01 (BraTS): channels FLAIR, T1,
/// T1 with gadolinium, T2; labels 1 oedema, 2 non-enhancing core (necrosis among it), 3 enhancing tumour.
///
/// Fluid is dark in FLAIR and T1 and bright in T2; white matter is brighter than grey in T1 and darker in T2; oedema is
/// bright in FLAIR and T2, and follows white matter; only the enhancing rim (and large vessels) light up with gadolinium. The
/// receive coil is uneven, the noise Rician (Gudbjartsson and Patz 1995), units are arbitrary and differ between cases, as
/// those of scanners do. Outside the brain all is 0.
///
/// The real counterpart is BraTS (Menze et al. 2015; Antonelli et al. 2022 for the decathlon). Taught in project 2.
///
/// ```
/// use unet_lab_data::phantom::BrainTumourPhantom;
/// let set = BrainTumourPhantom::new(24).with_count(1).generate()?;
/// assert_eq!(set.cases()[0].volume().channels(), 4);
/// assert_eq!(set.labels(), [(1, "oedema"), (2, "non-enhancing core"), (3, "enhancing tumour")]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BrainTumourPhantom {
    /// Width and height in voxels.
    pub size: usize,
    /// Number of slices. Default: `size`.
    pub slices: usize,
    /// Distance between voxels along `[depth, height, width]` in mm. Default: a box of 150 x 184 x 184 mm, which holds the
    /// whole brain.
    pub spacing: [f64; 3],
    /// Number of cases. Default: 8.
    pub count: usize,
    /// The same seed always gives the same cases. Default: 42.
    pub seed: u64,
    /// Standard deviation of the noise of either part of the complex signal, as a part of the brightest tissue. Default: 0.03.
    pub noise: f32,
}

/// Signal in FLAIR, T1, T1 with gadolinium, and T2.
type Signal = [f32; 4];

const FLUID: Signal = [0.13, 0.24, 0.24, 0.96];
const GREY: Signal = [0.53, 0.52, 0.52, 0.60];
const WHITE: Signal = [0.43, 0.74, 0.73, 0.43];
const OEDEMA: Signal = [0.84, 0.50, 0.50, 0.84];
const NECROSIS: Signal = [0.44, 0.34, 0.35, 0.90];
const SOLID: Signal = [0.72, 0.46, 0.50, 0.70];
const RIM: Signal = [0.66, 0.50, 1.00, 0.62];
const VESSEL: Signal = [0.12, 0.40, 1.05, 0.12];

impl BrainTumourPhantom {
    /// Volumes of `size` slices of `size x size` voxels.
    pub fn new(size: usize) -> Self {
        let n = size.max(1) as f64;
        Self {
            size,
            slices: size,
            spacing: [150.0 / n, 184.0 / n, 184.0 / n],
            count: 8,
            seed: 42,
            noise: 0.03,
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

    /// Sets the noise.
    pub fn with_noise(self, noise: f32) -> Self {
        Self { noise, ..self }
    }

    /// Makes the cases, named brain-000, brain-001, ..., each a patient. Case `i` does not depend on how many there are.
    ///
    /// # Errors
    /// [`DataError::Argument`] for a spacing that is not above 0.
    pub fn generate(&self) -> Result<VolumeSet, DataError> {
        crate::volume::check_spacing(&self.spacing)?;
        let cases = (0..self.count).map(|i| self.case(i)).collect::<Result<_, _>>()?;
        let labels = &[(1, "oedema"), (2, "non-enhancing core"), (3, "enhancing tumour")];
        Ok(VolumeSet::new(cases, labels))
    }

    fn case(&self, index: usize) -> Result<PhantomCase, DataError> {
        let mut rng = image_rng(self.seed, index);
        let size = [self.slices, self.size, self.size];
        let grid = Grid::new(size, self.spacing, [0.0, 2.0, -6.0], 2);
        let brain = Brain::new(&mut rng);
        let tumour = Tumour::new(&mut rng, &brain);
        let vessels = grid.stamp(&brain.vessels(&mut rng));
        let half = grid.half();
        let (mut values, labels) = grid.render(4, |p, thin, v| {
            let label = brain.paint(p, half, vessels[thin], &tumour, v);
            // A mark that survives the mean over thin slices: nothing outside the brain.
            if v[1] == 0.0 { 0 } else { label }
        });
        let voxels = size.iter().product::<usize>().max(1);
        for channel in values.chunks_mut(voxels) {
            let (gain, sense) = (between(&mut rng, 280.0, 900.0), coil(&mut rng, &grid, 0.09));
            for (v, sense) in channel.iter_mut().zip(sense) {
                if *v > 0.05 {
                    *v = gain * rician(&mut rng, *v * sense, self.noise);
                } else {
                    *v = 0.0;
                }
            }
        }
        let name = format!("brain-{index:03}");
        PhantomCase::rendered(name.clone(), name, &grid, 4, (values, labels))
    }
}

struct Brain {
    radii: Point,
    warp: [Noise3; 3],
    fold: Noise3,
    fold_fine: Noise3,
    leaf: Noise3,
    fine: Noise3,
    /// Half-width of the ventricles, which grow with age.
    wide: f32,
    /// Where the white matter is old: bright spots in FLAIR that are no tumour.
    age: f32,
    spots: Noise3,
}

impl Brain {
    fn new(rng: &mut ChaCha8Rng) -> Self {
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

    fn warped(&self, p: Point) -> Point {
        [0, 1, 2].map(|i| p[i] + 1.1 * self.warp[i].at(p))
    }

    /// Distance from the surface of the two hemispheres, negative inside.
    fn hull(&self, p: Point) -> f32 {
        let base = if p[2] < -8.0 { 0.82 } else { 1.0 };
        let narrow = [self.radii[0], self.radii[1], self.radii[2] * base];
        let whole = ellipsoid(p, [0.0, 0.0, -8.0], narrow);
        // The underside is flat, and the temporal lobes hang below it.
        let floor = -(p[2] + 34.0 + 12.0 * smoothstep(18.0, 42.0, p[0].abs()) * smoothstep(45.0, 0.0, p[1].abs()));
        whole.max(floor)
    }

    /// Depth under the folded surface in mm: below 0 in the fluid of a furrow.
    fn depth(&self, p: Point, hull: f32) -> f32 {
        let wall = 4.7 * self.fold.at(p).abs() + 1.3 * self.fold_fine.at(p).abs() - 1.2;
        let floor = (-hull - 17.0).max(0.0);
        let midline = p[0].abs() - 0.9 + 0.5 * smoothstep(8.0, -8.0, p[2]) * 30.0;
        (-hull)
            .min(wall + 1.2 * floor)
            .min(midline + 2.2 * floor.max(0.0) * smoothstep(30.0, 5.0, p[2]))
    }

    /// Distance from the ventricles' wall.
    fn ventricles(&self, p: Point) -> f32 {
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
    fn vessels(&self, rng: &mut impl Rng) -> Vec<Tube> {
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
    fn paint(&self, p: Point, half: f32, vessel: f32, tumour: &Tumour, v: &mut [f32]) -> u32 {
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
    fn deep_grey(&self, p: Point) -> f32 {
        let q = [p[0].abs(), p[1], p[2]];
        let thalamus = ellipsoid(q, [11.0, 8.0, 2.0], [8.5, 14.0, 8.5]);
        let caudate = chain(q, &[[13.0, -24.0, 4.0], [15.0, -8.0, 16.0], [19.0, 12.0, 17.0]], 4.5);
        let lentiform = ellipsoid([q[0] - 0.25 * q[1], q[1], q[2]], [27.0, -4.0, 0.0], [6.5, 17.0, 10.0]);
        thalamus.min(caudate).min(lentiform)
    }
}

struct Tumour {
    at: Point,
    radius: f32,
    stretch: Point,
    /// Thickness of the enhancing rim in mm.
    rim: f32,
    gap: f32,
    reach: f32,
    solid: f32,
    shape: Noise3,
    rough: Noise3,
    spread: Noise3,
}

impl Tumour {
    fn new(rng: &mut ChaCha8Rng, brain: &Brain) -> Self {
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
    fn pushed(&self, p: Point) -> Point {
        let q = minus(p, self.at);
        let d = length(q).max(1e-3);
        let push = 0.30 * self.radius * (-(d / (1.9 * self.radius)).powi(2)).exp();
        along(p, q, -push / d.max(0.7 * self.radius))
    }

    fn paint(&self, p: Point, white: f32, depth: f32, half: f32, fine: f32, mut blend: impl FnMut(Signal, f32)) -> u32 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::{checks, figures};

    #[test]
    fn figures_for_looking_at() {
        if figures::wanted() {
            let set = BrainTumourPhantom::new(128)
                .with_slices(50)
                .with_spacing([3.0, 1.45, 1.45])
                .with_count(3);
            figures::keep_cases("brain", &set.generate().unwrap(), 8, [0.0, 800.0], 1);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::seeds(|seed, count| BrainTumourPhantom::new(24).with_seed(seed).with_count(count).generate());
    }

    #[test]
    fn each_sequence_shows_what_it_should() {
        let set = BrainTumourPhantom::new(56).with_count(5).generate().unwrap();
        checks::labels(&set);
        for case in &set {
            let mean = |channel: usize, label: u32| checks::mean_of(case, channel, label);
            let healthy = |channel: usize| {
                let count = case.labels().data().len();
                let values = &case.volume().data()[channel * count..(channel + 1) * count];
                let inside: Vec<f32> = values
                    .iter()
                    .zip(case.labels().data())
                    .filter(|(v, l)| **l == 0 && **v > 0.0)
                    .map(|(v, _)| *v)
                    .collect();
                inside.iter().sum::<f32>() / inside.len() as f32
            };
            assert!(
                mean(0, 1) > 1.2 * healthy(0),
                "{}: oedema is bright in FLAIR",
                case.name
            );
            assert!(
                mean(2, 3) > 1.2 * healthy(2),
                "{}: the rim takes up gadolinium",
                case.name
            );
            assert!(
                mean(2, 3) / healthy(2) > 1.2 * mean(1, 3) / healthy(1),
                "{}: only with gadolinium",
                case.name
            );
            assert!(mean(3, 2) > 1.1 * healthy(3), "{}: the core is bright in T2", case.name);
            assert!(
                (0.4..0.8).contains(&checks::share(case, -0.5, 0.5)),
                "{}: skull-stripped",
                case.name
            );
        }
        let parts = [1, 2, 3].map(|label| set.fraction_of(label));
        assert!(parts.iter().all(|part| (0.0008..0.06).contains(part)), "{parts:?}");
    }
}
