use unet_lab::prelude::*;
fn main() -> Result<(), LabError> {
    let a: Vec<String> = std::env::args().collect();
    let n = |i: usize| a[i].parse::<usize>().unwrap();
    let (base, tile, batch, epochs, depth) = (n(2), n(3), n(4), n(5), n(6));
    let lr: f64 = a[7].parse().unwrap();
    let loss = if a[8] == "bce" { Loss::Bce } else { Loss::BceDice };
    let data = PairFolder::open(&a[1])?.with_foreground(Foreground::Zero).load()?.first(20);
    println!("{data}");
    let (train, test) = data.split(0.2, 1)?;
    let tiles = train.tiles(tile)?;
    println!("{tiles}");
    let model = UNetConfig::new(1, 1).with_base_channels(base).with_depth(depth).init(&cpu());
    let config = TrainConfig::new().with_epochs(epochs).with_batch_size(batch).with_learning_rate(lr).with_loss(loss).with_augmentation(true);
    let start = std::time::Instant::now();
    let fitted = Trainer::new(config).fit(model, &tiles)?;
    println!("{:.0} s\n{}", start.elapsed().as_secs_f32(), evaluate(&fitted.model, &test)?);
    println!("pooled {:.4}", evaluate(&fitted.model, &test)?.pooled().dice());
    Ok(())
}
