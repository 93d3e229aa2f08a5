//! [`Reorient`]: axes in an agreed order.

use super::kernel::{flip, permuted};
use super::{ChaCha8Rng, Subject, Transform, TransformError};
use crate::Geometry;

/// Exchanges and mirrors axes so that width, height and depth grow towards given sides of the patient, as near as the grid's directions
/// allow; no value changes. `"RAS"` is what nibabel's `as_closest_canonical` gives, `"LPS"` what SimpleITK's `DICOMOrient` gives.
///
/// A 2-D image has no place in the patient and stays as it is.
///
/// ```
/// use unet_lab_data::Volume;
/// use unet_lab_data::transform::{Reorient, Transform};
/// let ct = Volume::new((0..6).map(|i| i as f32).collect(), 1, [1, 2, 3], [1.0; 3])?;
/// assert_eq!(ct.geometry().orientation(), "LPS");
/// let turned = Reorient::to("RAS").on(ct)?;
/// assert_eq!(turned.data(), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reorient {
    letters: String,
}

impl Reorient {
    /// Width, height and depth grow to the sides that the letters name: L or R, A or P, S or I, each pair once.
    pub fn to(letters: &str) -> Self {
        Self {
            letters: letters.to_ascii_uppercase(),
        }
    }

    /// For `[depth, height, width]` the world axis (x, y, z of LPS) and whether it grows along it.
    fn wanted(&self) -> Result<[(usize, bool); 3], TransformError> {
        let sides: Vec<(usize, bool)> = self
            .letters
            .chars()
            .rev()
            .filter_map(|letter| match letter {
                'L' => Some((0, true)),
                'R' => Some((0, false)),
                'P' => Some((1, true)),
                'A' => Some((1, false)),
                'S' => Some((2, true)),
                'I' => Some((2, false)),
                _ => None,
            })
            .collect();
        match *sides.as_slice() {
            [a, b, c] if self.letters.len() == 3 && a.0 != b.0 && b.0 != c.0 && a.0 != c.0 => Ok([a, b, c]),
            _ => Err(TransformError::setting(
                "Reorient",
                "letters",
                &self.letters,
                "three letters, one of L R, one of A P, one of S I, as in RAS",
            )),
        }
    }
}

impl Transform for Reorient {
    fn check(&self) -> Result<(), TransformError> {
        self.wanted().map(|_| ())
    }

    fn change(&self, mut subject: Subject, _rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let wanted = self.wanted()?;
        if subject.is_planar() {
            return Ok(subject);
        }
        let (old, size) = (*subject.geometry(), subject.size());
        let order = nearest_order(old.axes(), wanted.map(|(world, _)| world));
        let flips = [0, 1, 2].map(|axis| {
            let (world, grows) = wanted[axis];
            (old.axes()[order[axis]][world] > 0.0) != grows
        });
        if order == [0, 1, 2] && flips == [false; 3] {
            return Ok(subject);
        }
        let new_size = order.map(|axis| size[axis]);
        // The new first voxel, in old voxels.
        let mut first = [0.0; 3];
        for axis in 0..3 {
            if flips[axis] {
                first[order[axis]] = (size[order[axis]] - 1) as f64;
            }
        }
        let axes = [0, 1, 2].map(|axis| {
            let sign = if flips[axis] { -1.0 } else { 1.0 };
            old.axes()[order[axis]].map(|part| sign * part)
        });
        let spacing = order.map(|axis| old.spacing()[axis]);
        let geometry = Geometry::new(spacing, old.point(first), axes).map_err(|error| TransformError::Grid {
            transform: "Reorient",
            problem: error.to_string(),
        })?;
        let (mut image, mut labels) = subject.take();
        if order != [0, 1, 2] {
            image = permuted(&image, size, order);
            labels = labels.map(|labels| permuted(&labels, size, order));
        }
        for axis in (0..3).filter(|&axis| flips[axis]) {
            flip(&mut image, new_size, axis);
            if let Some(labels) = &mut labels {
                flip(labels, new_size, axis);
            }
        }
        Ok(subject.with_voxels(image, labels, new_size, geometry))
    }
}

/// For each new axis the old one that lies most nearly along its world axis, all three together.
fn nearest_order(axes: [[f64; 3]; 3], worlds: [usize; 3]) -> [usize; 3] {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let fit = |order: &[usize; 3]| -> f64 { (0..3).map(|a| axes[order[a]][worlds[a]].abs()).sum() };
    orders
        .into_iter()
        .max_by(|a, b| fit(a).total_cmp(&fit(b)))
        .unwrap_or([0, 1, 2])
}
