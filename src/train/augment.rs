//! New training images out of old ones.

use rand::{Rng, RngExt};

use crate::data::ImagePair;
use crate::error::Result;

/// The pair in one of the ways in which a square can be laid down (eight), or a rectangle (four), image and mask
/// alike. Drawn from `rng`.
pub(super) fn turned(pair: &ImagePair, rng: &mut impl Rng) -> Result<ImagePair> {
    let [flip_horizontal, flip_vertical, quarter]: [bool; 3] = rng.random();
    let (mut image, mut mask) = (pair.image().clone(), pair.mask().clone());
    if flip_horizontal {
        (image, mask) = (image.flipped_horizontal(), mask.flipped_horizontal());
    }
    if flip_vertical {
        (image, mask) = (image.flipped_vertical(), mask.flipped_vertical());
    }
    if quarter && image.width() == image.height() {
        (image, mask) = (image.rotated_quarter(), mask.rotated_quarter());
    }
    Ok(ImagePair::new(pair.name.clone(), image, mask)?)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    use super::*;
    use crate::data::{Image, Mask};

    fn pair(width: usize, height: usize) -> ImagePair {
        let image = Image::from_fn(width, height, |x, y| (y * width + x) as f32);
        let mask = Mask::from_fn(width, height, |x, y| (y * width + x).is_multiple_of(3));
        ImagePair::new("p", image, mask).unwrap()
    }

    fn variants(pair: &ImagePair) -> Vec<Vec<u32>> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut seen = Vec::new();
        for _ in 0..200 {
            let turned = turned(pair, &mut rng).unwrap();
            // The mask follows the image: it still marks the multiples of three.
            for (value, inside) in turned.image().data().iter().zip(turned.mask().data()) {
                assert_eq!((*value as usize).is_multiple_of(3), *inside);
            }
            seen.push(turned.image().data().iter().map(|&v| v as u32).collect());
        }
        seen.sort();
        seen.dedup();
        seen
    }

    #[test]
    fn a_square_has_eight_ways_and_a_rectangle_four() {
        assert_eq!(variants(&pair(3, 3)).len(), 8);
        assert_eq!(variants(&pair(4, 2)).len(), 4);
    }
}
