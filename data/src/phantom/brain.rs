//! Magnetic resonance images of the brain with a tumour, in four sequences.

mod anatomy;
mod tumour;

use super::noise::between;
use super::scanner::{coil, rician};
use super::space::Grid;
use super::volume_set::{PhantomCase, VolumeSet, image_rng};
use crate::DataError;
use anatomy::Brain;
use tumour::Tumour;

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
