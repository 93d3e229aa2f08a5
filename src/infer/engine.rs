//! The prediction itself: cut, ask the network, mix, turn back, average.

use burn::tensor::{Device, Tensor, TensorData};

use super::check::{Needs, check_scan, tile_sides};
use super::error::InferError;
use super::importance::Blend;
use super::plan::Plan;
use super::predictor::Predictor;
use super::raster::{Raster, of_axes, three};
use super::scan::Scan;
use super::slab::{Activation, Slab};
use super::symmetry::{Symmetry, symmetries};
use crate::device::cpu;
use crate::error::{Result, ShapeError};
use crate::nn::Segmenter;

/// Who is told how far it is, and who may end it.
pub(super) struct Watch<'a> {
    pub progress: &'a mut dyn FnMut(usize, usize),
    pub interrupted: &'a dyn Fn() -> bool,
}

/// One look of one network at the whole image.
struct Look {
    model: usize,
    symmetry: Symmetry,
    plan: Plan,
    batch: usize,
}

/// The mean over networks and symmetries, `[classes, ..sides]`. Every setting is checked before the first tile.
pub(super) fn run<const D: usize, M: Segmenter<D>, S: Scan<D>>(
    settings: &Predictor,
    models: &[M],
    scan: &S,
    activation: Activation,
    watch: &mut Watch,
) -> Result<Vec<f32>> {
    settings.validate()?;
    let classes = models.first().ok_or(InferError::NoModels)?.classes();
    let mut looks = Vec::new();
    for (member, model) in models.iter().enumerate() {
        check_scan(model, scan)?;
        if model.classes() != classes {
            return Err(InferError::Members {
                member,
                found: model.classes(),
                expected: classes,
            }
            .into());
        }
        looks.extend(plan_looks(settings, member, model, scan)?);
    }
    let mut pass = Pass {
        settings,
        scan: scan.values(),
        sides: scan.sides(),
        channels: scan.channels(),
        classes,
        activation,
        done: 0,
        total: looks.iter().map(|look| look.plan.tiles().len()).sum(),
        out: vec![0.0; classes * scan.sides().iter().product::<usize>()],
    };
    for look in &looks {
        let model = &models[look.model];
        let device = model.devices().into_iter().next().unwrap_or_else(cpu);
        pass.look(look, &model.valid(), &device.without_autodiff(), watch)?;
    }
    if looks.len() > 1 {
        let count = looks.len() as f32;
        pass.out.iter_mut().for_each(|value| *value /= count);
    }
    Ok(pass.out)
}

fn plan_looks<const D: usize, M: Segmenter<D>, S: Scan<D>>(
    settings: &Predictor,
    member: usize,
    model: &M,
    scan: &S,
) -> Result<Vec<Look>> {
    let sides = scan.sides();
    let tile = three(&tile_sides(model, settings.tile.as_deref(), &sides)?);
    let margin = model.margin();
    let margins = if sides.len() == 2 {
        [margin, 0, margin]
    } else {
        [margin; 3]
    };
    let look = |symmetry: Symmetry| -> Result<Look> {
        let size = symmetry.view(three(&sides)).size;
        let plan = Plan::new(size, symmetry.tile(tile), margins, settings.overlap);
        let [input, output] = [plan.input(), plan.output()].map(|sides| sides.iter().product::<usize>());
        let values = scan.channels() * input + 2 * model.classes() * output;
        let needs = Needs {
            tile: values * size_of::<f32>() + settings.network_bytes * input,
            sums: Slab::bytes(model.classes(), size, plan.output()) + output * size_of::<f32>(),
        };
        let most = needs.batch(settings.memory_limit, plan.input(), sides.len())?;
        Ok(Look {
            model: member,
            symmetry,
            plan,
            batch: settings.batch_size.map_or(most, |set| set.min(most)),
        })
    };
    symmetries(settings.test_time, sides.len())
        .into_iter()
        .map(look)
        .collect()
}

struct Pass<'a> {
    settings: &'a Predictor,
    scan: &'a [f32],
    sides: Vec<usize>,
    channels: usize,
    classes: usize,
    activation: Activation,
    done: usize,
    total: usize,
    out: Vec<f32>,
}

impl Pass<'_> {
    fn look<const D: usize, M: Segmenter<D>>(
        &mut self,
        look: &Look,
        model: &M,
        device: &Device,
        watch: &mut Watch,
    ) -> Result<()> {
        let plan = &look.plan;
        let view = look.symmetry.view(three(&self.sides));
        let raster = Raster {
            data: self.scan,
            channels: self.channels,
            view,
        };
        let tiles = plan.tiles();
        // A weight that is taken out again would only round.
        let blend = if plan.covers_once() {
            Blend::Constant
        } else {
            self.settings.blend
        };
        let importance = blend.weights(plan.output());
        let mut slab = Slab::new(self.classes, view.size, plan.output(), self.activation);
        let (out, area) = (&mut self.out, self.sides.iter().product::<usize>());
        let mut emit = |class: usize, first: usize, values: &[f32]| {
            let map = &mut out[class * area..(class + 1) * area];
            for (i, row) in values.chunks(view.size[2]).enumerate() {
                let (start, step) = view.row(first + i / view.size[1], i % view.size[1]);
                for (x, value) in row.iter().enumerate() {
                    map[(start + x as i64 * step) as usize] += value;
                }
            }
        };
        for batch in tiles.chunks(look.batch) {
            if (watch.interrupted)() {
                return Err(InferError::Interrupted {
                    done: self.done,
                    total: self.total,
                }
                .into());
            }
            let input = plan.input();
            let mut data = Vec::with_capacity(batch.len() * self.channels * input.iter().product::<usize>());
            for &tile in batch {
                raster.cut(plan.before(tile), input, self.settings.border, &mut data);
            }
            let shape = |channels: usize, sides: [usize; 3]| -> Vec<usize> {
                [vec![batch.len(), channels], of_axes(sides, self.sides.len())].concat()
            };
            let x = Tensor::<D>::from_data(TensorData::new(data, shape(self.channels, input)), device);
            let logits = numbers(model.forward_logits(x), shape(self.classes, plan.output()))?;
            for (&tile, logits) in batch.iter().zip(logits.chunks(logits.len() / batch.len())) {
                slab.add(tile, plan.output(), logits, &importance, &mut emit);
            }
            self.done += batch.len();
            (watch.progress)(self.done, self.total);
        }
        slab.finish(view.size[0], &mut emit);
        Ok(())
    }
}

/// The values of a network's output, if its shape is what the network says of itself.
pub(super) fn numbers<const D: usize>(logits: Tensor<D>, expected: Vec<usize>) -> Result<Vec<f32>, ShapeError> {
    check_output(&logits, expected)?;
    Ok(logits.into_data().iter::<f32>().collect())
}

pub(super) fn check_output<const D: usize>(logits: &Tensor<D>, expected: Vec<usize>) -> Result<(), ShapeError> {
    match logits.dims()[..] == expected {
        true => Ok(()),
        false => Err(ShapeError::Differ {
            left_name: "the network's output".to_owned(),
            left: logits.dims().to_vec(),
            right_name: "what its classes() and margin() promise".to_owned(),
            right: expected,
        }),
    }
}
