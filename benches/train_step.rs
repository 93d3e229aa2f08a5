//! Seconds a training step and an inference take on this computer: `cargo bench --bench train_step`.
//!
//! Each argument `base,side,batch[,channels]` is one network and batch, such as `cargo bench --bench train_step --
//! 64,256,1,3` for the course's network; without one, a table of sizes that suit a notebook is measured.

use std::time::Instant;

use unet_lab::burn::optim::{AdamConfig, GradientsParams};
use unet_lab::prelude::*;

const TABLE: [[usize; 4]; 8] = [
    [8, 64, 8, 1],
    [8, 128, 4, 1],
    [8, 128, 8, 1],
    [16, 64, 8, 1],
    [16, 128, 4, 1],
    [16, 128, 8, 1],
    [16, 256, 1, 1],
    [32, 128, 4, 3],
];

fn main() {
    let asked: Vec<[usize; 4]> = std::env::args().skip(1).filter_map(|arg| parse(&arg)).collect();
    println!("base  side  batch  channels   train step   inference");
    for [base, side, batch, channels] in if asked.is_empty() { TABLE.to_vec() } else { asked } {
        let model = UNetConfig::new(channels, 1).with_base_channels(base).init(&cpu());
        let shape = [batch, channels, side, side];
        let inference = inference(&model, shape);
        let step = step(model, shape);
        println!("{base:>4}  {side:>4}  {batch:>5}  {channels:>8}  {step:>9.3} s  {inference:>8.3} s");
    }
}

fn parse(arg: &str) -> Option<[usize; 4]> {
    let mut numbers: Vec<usize> = arg.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    if numbers.len() == 3 {
        numbers.push(1);
    }
    numbers.try_into().ok()
}

/// The faster of two, after one to warm up.
fn best(mut run: impl FnMut()) -> f64 {
    run();
    let times = (0..2).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

fn inference(model: &UNet, shape: [usize; 4]) -> f64 {
    let x = Tensor::<4>::ones(shape, &cpu());
    best(|| {
        model.forward(x.clone());
    })
}

fn step(model: UNet, shape: [usize; 4]) -> f64 {
    let device = cpu().autodiff();
    let [batch, _, height, width] = shape;
    let x = Tensor::<4>::ones(shape, &device);
    let target = Tensor::<4>::ones([batch, 1, height, width], &device);
    let mut optimizer = AdamConfig::new().init();
    let mut model = Some(model.train());
    best(|| {
        let Some(trained) = model.take() else { return };
        let loss = Loss::Bce.forward_logits(trained.forward_logits(x.clone()), target.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &trained);
        model = Some(optimizer.step(1e-4, trained, gradients));
    })
}
