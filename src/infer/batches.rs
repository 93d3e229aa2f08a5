//! Whole images through a network: mirrored to a size that fits, in batches, cropped back.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::Image;
use crate::device::cpu;
use crate::error::{Result, ShapeError};
use crate::nn::Segmenter;

/// Pixels that go through the network at once, unless one image alone has more: bounds the memory of the maps.
const PIXELS: usize = 1 << 18;

/// Runs every image through the network and hands `use_logits` its position and its logits `[1, 1, height, width]`.
pub(super) fn for_each_logits<M: Segmenter>(
    model: &M,
    images: &[&Image],
    mut use_logits: impl FnMut(usize, Tensor<4>) -> Result<()>,
) -> Result<()> {
    check(model, images)?;
    let device = model.devices().into_iter().next().unwrap_or_else(cpu);
    let device = device.without_autodiff();
    let model = model.valid();
    let mut start = 0;
    while start < images.len() {
        let size = images[start].size();
        let alike = images[start..].iter().take_while(|image| image.size() == size).count();
        let [height, width] = size;
        let count = alike.min((PIXELS / (height * width)).max(1));
        let x = mirrored(&images[start..start + count], model.size_multiple(), &device);
        let logits = model.forward_logits(x.images);
        for i in 0..count {
            let [top, left] = x.before;
            let ranges = [i..i + 1, 0..1, top..top + height, left..left + width];
            use_logits(start + i, logits.clone().slice(ranges))?;
        }
        start += count;
    }
    Ok(())
}

fn check<M: Segmenter>(model: &M, images: &[&Image]) -> Result<()> {
    if model.classes() != 1 {
        return Err(ShapeError::Classes {
            in_channels: model.in_channels(),
            found: model.classes(),
        }
        .into());
    }
    for image in images {
        if image.channels() != model.in_channels() {
            return Err(ShapeError::Channels {
                expected: model.in_channels(),
                found: image.channels(),
            }
            .into());
        }
        if image.size().contains(&0) {
            return Err(ShapeError::Size {
                size: image.size(),
                multiple: model.size_multiple(),
            }
            .into());
        }
    }
    Ok(())
}

/// A batch `[batch, channels, height, width]` and what was put before its rows and columns.
struct Mirrored {
    images: Tensor<4>,
    before: [usize; 2],
}

/// Images of one size, each side extended to a multiple of `multiple` by mirroring at the edges, as the U-Net paper
/// does (Ronneberger et al. 2015, section 2).
fn mirrored(images: &[&Image], multiple: usize, device: &Device) -> Mirrored {
    let [height, width] = images[0].size();
    let channels = images[0].channels();
    let padded = [height, width].map(|side| side.next_multiple_of(multiple));
    let before = [(padded[0] - height) / 2, (padded[1] - width) / 2];
    let rows: Vec<usize> = (0..padded[0]).map(|y| mirror(y, before[0], height)).collect();
    let columns: Vec<usize> = (0..padded[1]).map(|x| mirror(x, before[1], width)).collect();
    let mut data = Vec::with_capacity(images.len() * channels * padded[0] * padded[1]);
    for image in images {
        for channel in 0..channels {
            let channel = image.channel(channel);
            for y in &rows {
                let row = &channel[y * width..(y + 1) * width];
                data.extend(columns.iter().map(|&x| row[x]));
            }
        }
    }
    let shape = [images.len(), channels, padded[0], padded[1]];
    Mirrored {
        images: Tensor::from_data(TensorData::new(data, shape), device),
        before,
    }
}

/// Where position `i` of a padded side, with `before` positions in front, lies in a side of `length` that is mirrored
/// at its ends without end: `.. 1 0 | 0 1 2 | 2 1 ..`.
fn mirror(i: usize, before: usize, length: usize) -> usize {
    let period = 2 * length as i64;
    let i = (i as i64 - before as i64).rem_euclid(period) as usize;
    i.min(2 * length - 1 - i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_at_the_edges() {
        let at = |range: std::ops::Range<usize>, before, length| -> Vec<usize> {
            range.map(|i| mirror(i, before, length)).collect()
        };
        assert_eq!(at(0..8, 2, 4), [1, 0, 0, 1, 2, 3, 3, 2]);
        assert_eq!(at(0..8, 3, 1), [0; 8]);
        assert_eq!(at(0..8, 3, 2), [1, 1, 0, 0, 1, 1, 0, 0]);
    }

    #[test]
    fn pads_to_the_multiple() {
        let image = Image::from_fn(3, 2, |x, y| (3 * y + x) as f32);
        let x = mirrored(&[&image], 4, &cpu());
        assert_eq!((x.images.dims(), x.before), ([1, 1, 4, 4], [1, 0]));
        let values: Vec<f32> = x.images.into_data().try_to_vec().unwrap();
        assert_eq!(
            values,
            [
                0.0, 1.0, 2.0, 2.0, //
                0.0, 1.0, 2.0, 2.0, //
                3.0, 4.0, 5.0, 5.0, //
                3.0, 4.0, 5.0, 5.0,
            ]
        );
    }
}
