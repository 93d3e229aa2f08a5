//! Computed tomography of the belly with lesions of the liver.

use super::abdomen::{Abdomen, Organ};
use super::scanner::ct_noise;
use super::space::Grid;
use super::volume_set::{PhantomCase, VolumeSet, image_rng};
use crate::DataError;
use rand::RngExt;

/// Bellies in Hounsfield units, in the portal venous phase: liver about 110 (label 1) with brighter vessels, in it 0 to 7 lesions
/// (label 2) of 4 to 26 mm radius, 24 to 62 HU darker than the liver, every fifth a cyst of water; spleen, kidneys, stomach
/// and bowel with gas, spine, ribs, muscle and fat around. Spleen, pancreas and muscle have nearly the liver's attenuation.
///
/// The real counterparts are LiTS (Bilic et al. 2023, whose label order this is) and MSD Task03. Taught in project 3.
///
/// ```
/// use unet_lab_data::phantom::LiverPhantom;
/// let set = LiverPhantom::new(48).with_slices(12).with_count(1).generate()?;
/// assert_eq!(set.labels(), [(1, "liver"), (2, "lesion")]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LiverPhantom {
    /// Width and height in voxels.
    pub size: usize,
    /// Number of slices. Default: half of `size`.
    pub slices: usize,
    /// Distance between voxels along `[depth, height, width]` in mm. Default: a field of view of 370 mm and a height of 190 mm.
    pub spacing: [f64; 3],
    /// Number of cases. Default: 8.
    pub count: usize,
    /// The same seed always gives the same cases. Default: 42.
    pub seed: u64,
    /// Standard deviation of the noise in HU. Default: 14.
    pub noise: f32,
}

impl LiverPhantom {
    /// Volumes of `size / 2` slices of `size x size` voxels.
    pub fn new(size: usize) -> Self {
        let size_mm = size.max(1) as f64;
        Self {
            size,
            slices: size / 2,
            spacing: [380.0 / size_mm, 370.0 / size_mm, 370.0 / size_mm],
            count: 8,
            seed: 42,
            noise: 14.0,
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

    /// Makes the cases, named liver-000, liver-001, ..., each a patient. Case `i` does not depend on how many there are.
    ///
    /// # Errors
    /// [`DataError::Argument`] for a spacing that is not above 0.
    pub fn generate(&self) -> Result<VolumeSet, DataError> {
        crate::volume::check_spacing(&self.spacing)?;
        let cases = (0..self.count).map(|i| self.case(i)).collect::<Result<_, _>>()?;
        Ok(VolumeSet::new(cases, &[(1, "liver"), (2, "lesion")]))
    }

    fn case(&self, index: usize) -> Result<PhantomCase, DataError> {
        let mut rng = image_rng(self.seed, index);
        let size = [self.slices, self.size, self.size];
        let belly = Abdomen::new(&mut rng);
        let grid = Grid::new(size, self.spacing, [0.0, 0.0, 2.0], 3);
        let veins = grid.stamp(&belly.veins(&mut rng));
        // Every sixth liver is healthy.
        let count = if rng.random_range(0..6) == 0 {
            0
        } else {
            rng.random_range(2..=7)
        };
        let tall = 0.4 * (self.spacing[0] * self.slices as f64) as f32;
        let lesions = belly.lesions(&mut rng, count, [(2.0 - tall).max(-50.0), (2.0 + tall).min(75.0)]);
        let half = grid.half();
        let (mut values, labels) = grid.render(1, |p, thin, out| {
            match belly.paint(p, veins[thin], &lesions, half, &mut out[0]) {
                Organ::Liver => 1,
                Organ::Lesion => 2,
                _ => 0,
            }
        });
        ct_noise(&mut rng, &mut values, size, self.noise);
        values.iter_mut().for_each(|v| *v = v.clamp(-1024.0, 3071.0));
        let name = format!("liver-{index:03}");
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
            let set = LiverPhantom::new(192)
                .with_slices(48)
                .with_spacing([4.0, 1.95, 1.95])
                .with_count(3);
            figures::keep_cases("liver", &set.generate().unwrap(), 6, [-100.0, 240.0], 1);
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        checks::seeds(|seed, count| {
            LiverPhantom::new(40)
                .with_slices(10)
                .with_seed(seed)
                .with_count(count)
                .generate()
        });
    }

    #[test]
    fn attenuations_are_those_of_the_portal_phase() {
        let set = LiverPhantom::new(80).with_count(4).generate().unwrap();
        checks::labels(&set);
        for case in &set {
            let liver = checks::mean_of(case, 0, 1);
            assert!((85.0..140.0).contains(&liver), "{}: liver {liver}", case.name);
            let lesion = checks::mean_of(case, 0, 2);
            assert!(
                lesion.is_nan() || lesion < liver - 10.0,
                "{}: {liver} {lesion}",
                case.name
            );
            assert!(
                (0.2..0.75).contains(&checks::share(case, -1100.0, -900.0)),
                "{}",
                case.name
            );
            assert!(
                (0.05..0.5).contains(&checks::share(case, -160.0, -50.0)),
                "{}",
                case.name
            );
        }
        let (liver, lesion) = (set.fraction_of(1), set.fraction_of(2));
        assert!(
            (0.02..0.12).contains(&liver) && (0.0004..0.03).contains(&lesion),
            "{liver} {lesion}"
        );
    }
}
