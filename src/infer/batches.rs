//! Whole images through a network: mirrored to a size that fits, in batches, cropped back.

use burn::tensor::{Device, Tensor, TensorData};

use super::check::{PIXELS, check_scan};
use super::engine::check_output;
use super::plan::Plan;
use super::raster::{Border, Raster, View, three};
use crate::data::Image;
use crate::device::cpu;
use crate::error::{Result, ShapeError};
use crate::nn::Segmenter;

/// Runs every image through the network and hands `use_logits` its position and its logits `[1, 1, height, width]`.
pub(super) fn for_each_logits<M: Segmenter>(
    model: &M,
    images: &[&Image],
    mut use_logits: impl FnMut(usize, Tensor<4>) -> Result<()>,
) -> Result<()> {
    check(model, images)?;
    let device = model.devices().into_iter().next().unwrap_or_else(cpu);
    let device = device.without_autodiff();
    let (margin, model) = (model.margin(), model.valid());
    let mut start = 0;
    while start < images.len() {
        let size = images[start].size();
        let alike = images[start..].iter().take_while(|image| image.size() == size).count();
        let [height, width] = size;
        let count = alike.min((PIXELS / (height * width)).max(1));
        let x = mirrored(
            &images[start..start + count],
            size.map(|side| model.side_for(side)),
            margin,
            &device,
        );
        let logits = model.forward_logits(x.images);
        check_output(&logits, vec![count, 1, x.output[0], x.output[1]])?;
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
    images.iter().try_for_each(|&image| check_scan(model, image))
}

/// A batch `[batch, channels, height, width]`, the sides of the network's output, and what comes in it before the
/// image's rows and columns.
struct Mirrored {
    images: Tensor<4>,
    output: [usize; 2],
    before: [usize; 2],
}

/// Images of one size, extended to `sides` by mirroring at the edges, as the U-Net paper does (Ronneberger et al. 2015,
/// section 2).
fn mirrored(images: &[&Image], sides: [usize; 2], margin: usize, device: &Device) -> Mirrored {
    let (size, channels) = (three(&images[0].size()), images[0].channels());
    let plan = Plan::new(size, three(&sides), [margin, 0, margin], 0.0);
    let start = plan.tiles()[0];
    let mut data = Vec::with_capacity(images.len() * channels * sides[0] * sides[1]);
    for image in images {
        let raster = Raster {
            data: image.data(),
            channels,
            view: View::new(size),
        };
        raster.cut(plan.before(start), plan.input(), Border::Mirror, &mut data);
    }
    let shape = [images.len(), channels, sides[0], sides[1]];
    Mirrored {
        images: Tensor::from_data(TensorData::new(data, shape), device),
        output: [plan.output()[0], plan.output()[2]],
        before: [start[0], start[2]].map(|start| start.unsigned_abs() as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_to_the_multiple() {
        let image = Image::from_fn(3, 2, |x, y| (3 * y + x) as f32);
        let x = mirrored(&[&image], [4, 4], 0, &cpu());
        assert_eq!((x.images.dims(), x.output, x.before), ([1, 1, 4, 4], [4, 4], [1, 0]));
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
