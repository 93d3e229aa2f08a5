//! Computed tomography of the chest with lung nodules.

mod chest;
mod nodule;

use chest::Chest;
use nodule::Nodule;

use super::noise::between;
use super::scanner::ct_noise;
use super::space::{Grid, Noise3, Point, Tube, along, direction, length, minus};
use super::volume_set::{PhantomCase, VolumeSet, image_rng};
use crate::DataError;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

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
                    let near = vessels
                        .iter()
                        .filter(|t| t.radii[0] > 0.8 && chest.lung(t.from) < -0.5 * radius);
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
