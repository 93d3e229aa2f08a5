//! Computed tomography of the belly with a label for each organ.

use super::abdomen::{Abdomen, Organ};
use super::scanner::ct_noise;
use super::space::Grid;
use super::volume_set::{PhantomCase, VolumeSet, image_rng};
use crate::DataError;

const LABELS: [(u32, &str); 10] = [
    (1, "spleen"),
    (2, "right kidney"),
    (3, "left kidney"),
    (4, "gallbladder"),
    (5, "liver"),
    (6, "stomach"),
    (7, "aorta"),
    (8, "inferior vena cava"),
    (9, "pancreas"),
    (10, "vertebra"),
];

/// Small bellies in Hounsfield units with ten organs labelled, most of them between 60 and 200 HU: where a voxel lies tells
/// more about its organ than how bright it is.
///
/// | label | organ |
/// |---|---|
/// | 1 | spleen |
/// | 2, 3 | right and left kidney |
/// | 4 | gallbladder |
/// | 5 | liver |
/// | 6 | stomach, with its contents |
/// | 7 | aorta |
/// | 8 | inferior vena cava |
/// | 9 | pancreas |
/// | 10 | vertebra (bone only) |
///
/// The patient's right is at the left of a slice, as radiologists look at it. The real counterparts are BTCV, AMOS22 and
/// TotalSegmentator. Taught in project 12.
///
/// ```
/// use unet_lab_data::phantom::OrganPhantom;
/// let set = OrganPhantom::new(32).with_count(1).generate()?;
/// assert_eq!(set.cases()[0].volume().size(), [32, 32, 32]);
/// assert_eq!(set.labels()[4], (5, "liver"));
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OrganPhantom {
    /// Width and height in voxels.
    pub size: usize,
    /// Number of slices. Default: `size`.
    pub slices: usize,
    /// Distance between voxels along `[depth, height, width]` in mm. Default: a field of view of 360 x 290 mm and a height of 190 mm.
    pub spacing: [f64; 3],
    /// Number of cases. Default: 10.
    pub count: usize,
    /// The same seed always gives the same cases. Default: 42.
    pub seed: u64,
    /// Standard deviation of the noise in HU. Default: 16.
    pub noise: f32,
}

impl OrganPhantom {
    /// Volumes of `size` slices of `size x size` voxels.
    pub fn new(size: usize) -> Self {
        let size_mm = size.max(1) as f64;
        Self {
            size,
            slices: size,
            spacing: [190.0 / size_mm, 290.0 / size_mm, 360.0 / size_mm],
            count: 10,
            seed: 42,
            noise: 16.0,
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

    /// Makes the cases, named organs-000, organs-001, ..., each a patient. Case `i` does not depend on how many there are.
    ///
    /// # Errors
    /// [`DataError::Argument`] for a spacing that is not above 0.
    pub fn generate(&self) -> Result<VolumeSet, DataError> {
        crate::volume::check_spacing(&self.spacing)?;
        let cases = (0..self.count).map(|i| self.case(i)).collect::<Result<_, _>>()?;
        Ok(VolumeSet::new(cases, &LABELS))
    }

    fn case(&self, index: usize) -> Result<PhantomCase, DataError> {
        let mut rng = image_rng(self.seed, index);
        let size = [self.slices, self.size, self.size];
        let belly = Abdomen::new(&mut rng);
        let grid = Grid::new(size, self.spacing, [0.0, 8.0, -6.0], 3);
        let veins = grid.stamp(&belly.veins(&mut rng));
        let half = grid.half();
        let (mut values, labels) = grid.render(1, |p, thin, out| {
            match belly.paint(p, veins[thin], &[], half, &mut out[0]) {
                Organ::Other | Organ::Lesion => 0,
                Organ::Spleen => 1,
                Organ::RightKidney => 2,
                Organ::LeftKidney => 3,
                Organ::Gallbladder => 4,
                Organ::Liver => 5,
                Organ::Stomach => 6,
                Organ::Aorta => 7,
                Organ::VenaCava => 8,
                Organ::Pancreas => 9,
                Organ::Vertebra => 10,
            }
        });
        ct_noise(&mut rng, &mut values, size, self.noise);
        values.iter_mut().for_each(|v| *v = v.clamp(-1024.0, 3071.0));
        let name = format!("organs-{index:03}");
        PhantomCase::rendered(name.clone(), name, &grid, 1, (values, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom::{checks, figures};

    #[test]
    fn figures_for_looking_at() {
        if figures::wanted() {
            let set = OrganPhantom::new(64).with_count(2).generate().unwrap();
            figures::keep_cases("organs", &set, 8, [-120.0, 240.0], 3);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::seeds(|seed, count| OrganPhantom::new(24).with_seed(seed).with_count(count).generate());
    }

    #[test]
    fn every_organ_is_there_and_none_has_an_attenuation_of_its_own() {
        let set = OrganPhantom::new(48).with_count(3).generate().unwrap();
        checks::labels(&set);
        for case in &set {
            let mean = |label: u32| checks::mean_of(case, 0, label);
            for (label, name) in set.labels() {
                assert!(case.labels().only(*label).count() > 30, "{}: {name}", case.name);
            }
            assert!(
                (mean(5) - mean(1)).abs() < 30.0 && (mean(9) - mean(5)).abs() < 40.0,
                "{}",
                case.name
            );
            assert!(
                mean(2) > mean(5) && mean(4) < 60.0,
                "{}: {} {}",
                case.name,
                mean(2),
                mean(4)
            );
        }
    }
}
