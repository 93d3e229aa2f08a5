//! [`ZScore`]: mean 0 and standard deviation 1.

use super::window::each_value;
use super::{ChaCha8Rng, Over, Subject, Transform, TransformError};

/// Each channel to mean 0 and standard deviation 1, as MR images need, whose units mean nothing: `(value - mean) / deviation`, the
/// deviation that of the whole population (divided by n). A channel of one value becomes 0.
///
/// With [`over`](Self::over) the statistics are of a part of the voxels; with [`Over::NonZero`] only those voxels are changed, so that
/// an empty background stays 0 (nnU-Net and MONAI do the same), with [`Over::Labelled`] all of them.
#[derive(Clone, Debug, Default)]
pub struct ZScore {
    over: Over,
}

impl ZScore {
    /// Statistics over these voxels.
    pub fn over(over: Over) -> Self {
        Self { over }
    }
}

impl Transform for ZScore {
    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        subject.check_finite("ZScore")?;
        let voxels = subject.voxels();
        let statistics: Vec<(f64, f64)> = {
            let counts = self.over.counts(&subject, "ZScore")?;
            let of = |channel| statistics(channel, &counts);
            subject.image().chunks(voxels).map(of).collect()
        };
        for (channel, (mean, deviation)) in subject.image_mut().chunks_mut(voxels).zip(statistics) {
            let scale = if deviation > 1e-8 { 1.0 / deviation } else { 0.0 };
            let (mean, scale) = (mean as f32, scale as f32);
            match self.over {
                Over::NonZero => each_value(channel, |value| if value == 0.0 { 0.0 } else { (value - mean) * scale }),
                _ => each_value(channel, |value| (value - mean) * scale),
            }
        }
        Ok(subject)
    }
}

/// Mean and standard deviation of the voxels that count; (0, 0) of none.
fn statistics(channel: &[f32], counts: &impl Fn(usize, f32) -> bool) -> (f64, f64) {
    let mut count = 0.0;
    let sum = |term: &dyn Fn(f64) -> f64, count: &mut f64| {
        let mut sum = 0.0;
        for (voxel, &value) in channel.iter().enumerate() {
            if counts(voxel, value) {
                sum += term(f64::from(value));
                *count += 1.0;
            }
        }
        sum
    };
    let total = sum(&|value| value, &mut count);
    let mean = if count > 0.0 { total / count } else { 0.0 };
    let squares = sum(&|value| (value - mean) * (value - mean), &mut 0.0);
    (mean, (squares / f64::max(count, 1.0)).sqrt())
}
