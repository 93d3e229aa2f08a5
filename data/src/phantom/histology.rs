//! Tissue stained with haematoxylin and eosin.

mod nucleus;
mod tissue;

use super::ink::{Colour, nothing, pairs};
use super::noise::between;
use super::volume_set::{image_rng, patient_rng};
use crate::{Dataset, ImagePair, LabelMap, Mask};
use rand::rngs::ChaCha8Rng;
use tissue::Tissue;

/// Bright-field microscopy of tissue stained with haematoxylin (nuclei: blue to violet) and eosin (the rest: pink): glands of
/// epithelial cells around an empty lumen, fibrous stroma with spindle-shaped nuclei, and crowds of small dark lymphocytes. The
/// foreground of the mask is the nuclei; [`instances`](Self::instances) numbers them. A pixel is about 0.5 micrometres (20x): a
/// larger image shows more tissue. Four images a slide form a group and share its stain, which differs much between slides.
///
/// Dyes absorb light by the law of Beer and Lambert; their absorbances in red, green and blue are those of Ruifrok and Johnston
/// (2001). Eosin-rich muscle and red blood cells are dark as well, and pale nuclei hardly differ from what is around them. The
/// real counterparts are TNBC (Naylor et al. 2019), PanNuke and MoNuSeg. Taught in project 11, beside
/// [`NucleiPhantom`](super::NucleiPhantom).
///
/// ```
/// use unet_lab_data::phantom::HistologyPhantom;
/// let phantom = HistologyPhantom::new(64).with_count(2).with_seed(3);
/// let data = phantom.generate();
/// assert_eq!((data.len(), data.size(), data.channels()), (2, Some([64, 64]), Some(3)));
/// assert!(phantom.instances()[0].highest() > 5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HistologyPhantom {
    /// Width and height of each image in pixels.
    pub size: usize,
    /// Number of images. Default: 16.
    pub count: usize,
    /// The same seed always gives the same images. Default: 42.
    pub seed: u64,
    /// Standard deviation of the camera's noise, as a part of the range from black to white. Default: 0.015.
    pub noise: f32,
}

impl HistologyPhantom {
    /// Images of `size x size` pixels; 16 of them unless [`with_count`](Self::with_count) says otherwise.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            count: 16,
            seed: 42,
            noise: 0.015,
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

    /// Makes the images, named slide-00-000, slide-00-001, ... Image `i` does not depend on how many there are.
    pub fn generate(&self) -> Dataset {
        pairs(self.count, |i| self.pair(i))
    }

    /// A number for each nucleus, 0 where there is none, in the order of [`generate`](Self::generate).
    pub fn instances(&self) -> Vec<LabelMap> {
        let map = |index: usize| {
            let numbers = match self.size {
                0 => Vec::new(),
                size => Tissue::new(&mut image_rng(self.seed, index), size).numbers(),
            };
            let mut map = LabelMap::from(&Mask::from_fn(self.size, self.size, |_, _| false));
            map.labels_mut().iter_mut().zip(numbers).for_each(|(v, n)| *v = n);
            map
        };
        (0..self.count).map(map).collect()
    }

    fn pair(&self, index: usize) -> ImagePair {
        let (slide, part) = (index / 4, index % 4);
        let group = format!("slide-{slide:02}");
        let name = format!("{group}-{part:03}");
        if self.size == 0 {
            return nothing(name, 3).with_group(group);
        }
        let stain = Stain::new(&mut patient_rng(self.seed, slide));
        let mut rng = image_rng(self.seed, index);
        let tissue = Tissue::new(&mut rng, self.size);
        let numbers = tissue.numbers();
        let image = tissue.paint(&mut rng, &stain, &numbers, self.noise);
        let mask = Mask::new_square(self.size, numbers.iter().map(|&n| n > 0).collect());
        ImagePair::matched(name, image, mask).with_group(group)
    }
}

/// Absorbance in red, green and blue of the two dyes (Ruifrok and Johnston 2001).
const HAEMATOXYLIN: Colour = [0.650, 0.704, 0.286];
const EOSIN: Colour = [0.072, 0.990, 0.105];

/// How strongly a slide took up the dyes.
struct Stain {
    haematoxylin: f32,
    eosin: f32,
    hue: f32,
}

impl Stain {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        Self {
            haematoxylin: between(rng, 0.75, 1.25),
            eosin: between(rng, 0.65, 1.35),
            hue: between(rng, -0.06, 0.10),
        }
    }
}
