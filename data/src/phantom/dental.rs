//! Panoramic radiographs of the jaws.

mod mouth;
mod tooth;

use super::volume_set::image_rng;
use crate::{Dataset, ImagePair, LabelMap, Mask};
use mouth::Mouth;

/// What is foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DentalTarget {
    /// The lower jaw with its rami and the roots in it, as Abdi et al. (2015) outline it.
    Mandible,
    /// All teeth of both jaws, crowns and roots.
    Teeth,
}

/// Panoramic radiographs, twice as wide as high: the lower jaw as a broad bow that rises to a joint on both sides, the upper jaw
/// with its sinuses, up to 32 teeth with crown, root, pulp and the thin dark line around the root, fillings (white) and gaps; and
/// what a panoramic machine adds: the blurred shadow of the spine in the middle, dark airways, the ghost of the other side, uneven
/// exposure. The foreground of the mask is the mandible unless [`with_target`](Self::with_target) says otherwise. Each image is a
/// patient.
///
/// Enamel absorbs most, then dentin, then bone. The real counterparts are the panoramas of Abdi, Kasaei and Mehdizadeh (2015)
/// and Tufts. Taught in project 8.
///
/// ```
/// use unet_lab_data::phantom::{DentalPhantom, DentalTarget};
/// let teeth = DentalPhantom::new(64).with_count(1).with_target(DentalTarget::Teeth);
/// assert_eq!(teeth.generate().size(), Some([64, 128]));
/// assert!(teeth.instances()[0].highest() > 16);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DentalPhantom {
    /// Height of each image in pixels; the width is twice that.
    pub size: usize,
    /// Number of images. Default: 16.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Standard deviation of the noise, as a part of the range from black to white. Default: 0.02.
    pub noise: f32,
    /// What is foreground. Default: the mandible.
    pub target: DentalTarget,
}

impl DentalPhantom {
    /// Images of `2 size x size` pixels (width x height); 16 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 16,
            seed: 42,
            noise: 0.02,
            target: DentalTarget::Mandible,
        }
    }

    /// Sets the number of images.
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

    /// Sets what is foreground.
    pub fn with_target(self, target: DentalTarget) -> Self {
        Self { target, ..self }
    }

    /// Makes the images, named dental-000, dental-001, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        super::ink::pairs(self.count, |i| self.pair(i))
    }

    /// A number for each tooth, 0 where there is none, in the order of [`generate`](Self::generate).
    pub fn instances(&self) -> Vec<LabelMap> {
        let map = |index: usize| {
            let mut rng = image_rng(self.seed, index);
            let mouth = Mouth::new(&mut rng, self.size);
            let size = [self.size, 2 * self.size];
            let label = |i: usize| mouth.tooth_at([(i % size[1].max(1)) as f32, (i / size[1].max(1)) as f32]);
            let mask = Mask::from_fn(size[1], size[0], |_, _| false);
            let mut map = LabelMap::from(&mask);
            map.labels_mut().iter_mut().enumerate().for_each(|(i, v)| *v = label(i));
            map
        };
        (0..self.count).map(map).collect()
    }

    fn pair(&self, index: usize) -> ImagePair {
        let name = format!("dental-{index:03}");
        let mut rng = image_rng(self.seed, index);
        let mouth = Mouth::new(&mut rng, self.size);
        let image = mouth.expose(&mut rng, self.noise);
        let mask = Mask::from_fn(2 * self.size, self.size, |x, y| {
            let p = [x as f32, y as f32];
            match self.target {
                DentalTarget::Mandible => mouth.mandible(p) < 0.0,
                DentalTarget::Teeth => mouth.tooth_at(p) > 0,
            }
        });
        ImagePair::matched(name.clone(), image, mask).with_group(name)
    }
}
