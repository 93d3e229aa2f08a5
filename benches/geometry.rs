//! Milliseconds that distances, components, holes, openings and surface metrics take: `cargo bench --bench geometry`.
//!
//! Arguments are files of pairs of masks, `NAME,HEIGHT,WIDTH,FILE` or `NAME,DEPTH,HEIGHT,WIDTH,FILE`, a byte a voxel, the
//! prediction after the truth; `benches/geometry.py` writes them, runs this and sets SciPy's and MONAI's times beside
//! it. Without arguments balls of this program's own are measured. Each line is `NAME<tab>WORK<tab>MILLISECONDS<tab>RESULT`.

use std::hint::black_box;
use std::time::Instant;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use unet_lab::data::Region;
use unet_lab::metric::{Pixels, assd, hausdorff};
use unet_lab::morphology::*;

const RUNS: usize = 21;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| arg.contains(',')).collect();
    match asked.is_empty() {
        true => {
            measure("512x512", &balls(&[512, 512], 1), &balls(&[512, 512], 2));
            measure("128^3", &balls(&[128; 3], 1), &balls(&[128; 3], 2));
        }
        false => asked.iter().for_each(|arg| {
            let (name, truth, prediction) = read(arg);
            measure(&name, &truth, &prediction);
        }),
    }
}

fn read(arg: &str) -> (String, Region, Region) {
    let parts: Vec<&str> = arg.split(',').collect();
    let [name, sides @ .., file] = &parts[..] else {
        panic!("{arg}: expected NAME,SIDES,FILE");
    };
    let size: Vec<usize> = sides.iter().map(|side| side.parse().expect("a side")).collect();
    let bytes = std::fs::read(file).expect("a file of masks");
    let region = |bytes: &[u8]| Region::new(bytes.iter().map(|&byte| byte != 0).collect(), &size).expect("a mask");
    let (truth, prediction) = bytes.split_at(bytes.len() / 2);
    ((*name).to_owned(), region(truth), region(prediction))
}

fn balls(size: &[usize], seed: u64) -> Region {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let side = size[0] as f64;
    let balls: Vec<(Vec<f64>, f64)> = (0..25)
        .map(|_| {
            let centre = size.iter().map(|_| rng.random_range(0.0..side)).collect();
            (centre, rng.random_range(side / 16.0..side / 5.0))
        })
        .collect();
    let inside = |mut i: usize| {
        let mut place = vec![0.0; size.len()];
        for (axis, &side) in size.iter().enumerate().rev() {
            place[axis] = (i % side) as f64;
            i /= side;
        }
        balls.iter().any(|(centre, radius)| {
            let squares = place.iter().zip(centre).map(|(a, b)| (a - b).powi(2));
            squares.sum::<f64>() <= radius * radius
        })
    };
    Region::new((0..size.iter().product()).map(inside).collect(), size).expect("a region")
}

fn measure(name: &str, truth: &Region, prediction: &Region) {
    let spacing = vec![1.0; truth.size().len()];
    let row = |work: &str, run: &dyn Fn() -> f64| {
        let mut times = [0.0; RUNS];
        let mut result = run();
        for time in &mut times {
            let start = Instant::now();
            result = black_box(run());
            *time = start.elapsed().as_secs_f64() * 1e3;
        }
        times.sort_by(f64::total_cmp);
        println!("{name}\t{work}\t{:.3}\t{result:.6}", times[RUNS / 2]);
    };
    let measured = |distance: Result<f64, _>| distance.unwrap_or_else(|error| panic!("{error}"));
    row("HD95", &|| measured(hausdorff(prediction, truth, &spacing, 95.0)));
    row("ASSD", &|| measured(assd(prediction, truth, &spacing)));
    row("components", &|| components(truth, Connectivity::Faces).count() as f64);
    row("distance map", &|| {
        distance_transform(truth).data()[truth.pixels().len() / 2]
    });
    row("fill holes", &|| f64::from(u8::from(fill_holes(truth).pixels()[0])));
    row("opening", &|| {
        f64::from(u8::from(open(truth, Element::Cross(1)).pixels()[0]))
    });
    row("watershed split", &|| {
        f64::from(split_touching(truth, 5).map_or(0, |labels| labels.highest()))
    });
}
