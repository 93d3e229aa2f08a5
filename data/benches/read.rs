//! How long files take from the disk to a volume: `cargo bench -p unet_lab_data --bench read -- WORK PATH`.
//!
//! `benches/reading.py` writes the files, runs this for one `WORK` after the other, and sets the times of nibabel, SciPy, pydicom, SimpleITK,
//! MONAI and TorchIO beside it. Each line is a JSON object `{"work", "ms", "check"}`: the median time, and the mean of the values.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use unet_lab_data::formats::dicom::DicomSeries;
use unet_lab_data::transform::{Resample, Transform};
use unet_lab_data::{Volume, load_volume};

const RUNS: usize = 11;

type Work = fn(&Path) -> Volume;

const WORKS: [(&str, Work); 3] = [
    ("read", |path| load_volume(path).expect("a volume")),
    ("resample", |path| {
        let volume = load_volume(path).expect("a volume");
        Resample::to(1.0).on(volume).expect("a resampled volume")
    }),
    ("series", |folder| {
        let series = DicomSeries::find(folder).expect("a folder of DICOM files");
        series[0].load().expect("a volume")
    }),
];

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|text| !text.starts_with("--"))
        .collect();
    // `cargo test` runs this without arguments.
    let [wanted, path] = &arguments[..] else { return };
    for (name, work) in WORKS.iter().filter(|(name, _)| name == wanted) {
        let path = Path::new(path);
        let mut volume = work(path);
        let mut times: Vec<f64> = (0..RUNS)
            .map(|_| {
                let start = Instant::now();
                volume = black_box(work(path));
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let sum: f64 = volume.data().iter().map(|&value| f64::from(value)).sum();
        let (median, mean) = (times[RUNS / 2], sum / volume.data().len() as f64);
        println!(r#"{{"work": "{name}", "ms": {median:.4}, "check": {mean:.6}}}"#);
    }
}
