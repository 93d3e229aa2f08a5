//! Writing NIfTI-1.

use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::files::write_atomically;
use crate::{DataError, Geometry, LabelMap, Volume};

/// Bytes before the voxels: the header and four zeros, which say that no extension follows.
const OFFSET: usize = 352;

/// Writes a volume as NIfTI-1 of float32, packed where the path ends in `.nii.gz`. Several channels become a fourth axis, as in the brain
/// tumour data of the Medical Segmentation Decathlon; [`read`](crate::formats::read) and [`load_volume`](crate::load_volume) give them back.
///
/// The position is stored as sform and, alike, as qform; a grid whose axes are not at right angles (a tilted gantry) has no qform. Numbers of
/// the header are single precision. Taught in unit 09 (volumes).
///
/// # Errors
/// [`DataError::Argument`] for a path with another ending, or an axis longer than 32767; [`DataError::Unwritable`] from the system.
///
/// ```
/// use unet_lab_data::{Volume, formats::save_nifti, load_volume};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ramp.nii.gz");
/// let ramp = Volume::new((0..24).map(|v| v as f32).collect(), 1, [2, 3, 4], [2.5, 0.5, 0.5])?;
/// save_nifti(&ramp, &path)?;
/// assert_eq!(load_volume(&path)?, ramp);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save_nifti(volume: &Volume, path: impl AsRef<Path>) -> Result<(), DataError> {
    let [depth, height, width] = volume.size();
    let lengths: &[usize] = match volume.channels() {
        1 => &[width, height, depth],
        channels => &[width, height, depth, channels],
    };
    let header = header(lengths, volume.geometry(), 16, 32)?;
    save(path.as_ref(), &header, volume.data(), |value| value.to_le_bytes())
}

/// Writes labels as NIfTI-1 of the smallest type that holds them: uint8, uint16 or uint32. The geometry is that of the volume that they
/// belong to; its spacing is taken, not the labels'. A label map in 2-D becomes a file of two axes.
///
/// # Errors
/// As [`save_nifti`].
///
/// ```
/// use unet_lab_data::{Geometry, LabelMap, formats::save_nifti_labels, load_labels};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("labels.nii.gz");
/// let labels = LabelMap::new(vec![0, 0, 1, 2, 2, 0, 0, 0], &[2, 2, 2])?;
/// save_nifti_labels(&labels, &Geometry::of_spacing([3.0, 1.0, 1.0])?, &path)?;
/// assert_eq!(load_labels(&path)?.data(), labels.data());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save_nifti_labels(labels: &LabelMap, geometry: &Geometry, path: impl AsRef<Path>) -> Result<(), DataError> {
    let lengths: Vec<usize> = labels.size().iter().rev().copied().collect();
    let path = path.as_ref();
    match labels.highest() {
        0..=0xff => save(path, &header(&lengths, geometry, 2, 8)?, labels.data(), |label| {
            [label as u8]
        }),
        0x100..=0xffff => {
            let header = header(&lengths, geometry, 512, 16)?;
            save(path, &header, labels.data(), |label| (label as u16).to_le_bytes())
        }
        _ => {
            let header = header(&lengths, geometry, 768, 32)?;
            save(path, &header, labels.data(), |label| label.to_le_bytes())
        }
    }
}

fn save<T: Copy, const N: usize>(
    path: &Path,
    header: &[u8],
    values: &[T],
    bytes: impl Fn(T) -> [u8; N],
) -> Result<(), DataError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_packed = name.ends_with(".nii.gz");
    if !is_packed && !name.ends_with(".nii") {
        return Err(DataError::Argument(format!(
            "{} is written as NIfTI, whose files end in .nii or .nii.gz: give it that ending",
            path.display()
        )));
    }
    let contents = |out: &mut dyn Write| -> io::Result<()> {
        out.write_all(header)?;
        for chunk in values.chunks(1 << 14) {
            out.write_all(
                chunk
                    .iter()
                    .map(|&value| bytes(value))
                    .collect::<Vec<_>>()
                    .as_flattened(),
            )?;
        }
        Ok(())
    };
    write_atomically(path, |out| match is_packed {
        // Without a time of day, so that the same volume gives the same file.
        true => {
            let mut packer = GzBuilder::new().write(out, Compression::new(4));
            contents(&mut packer)?;
            packer.finish().map(drop)
        }
        false => contents(out),
    })
    .map_err(|error| DataError::Unwritable {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// The header of `lengths` (width first) and what announces that no extension follows.
fn header(lengths: &[usize], geometry: &Geometry, datatype: i16, bits: i16) -> Result<Vec<u8>, DataError> {
    let mut header = vec![0; OFFSET];
    let mut put = |at: usize, bytes: &[u8]| {
        for (place, &byte) in header.iter_mut().skip(at).zip(bytes) {
            *place = byte;
        }
    };
    put(0, &348i32.to_le_bytes());
    put(38, b"r");
    let mut dim = [1i16; 8];
    dim[0] = lengths.len() as i16;
    for (place, &length) in dim.iter_mut().skip(1).zip(lengths) {
        *place = i16::try_from(length).ok().filter(|&length| length > 0).ok_or_else(|| {
            DataError::Argument(format!(
                "an axis of {length} voxels cannot be written as NIfTI-1, which allows 1 to 32767: crop the volume or resample it"
            ))
        })?;
    }
    put(40, dim.map(i16::to_le_bytes).as_flattened());
    put(70, &datatype.to_le_bytes());
    put(72, &bits.to_le_bytes());

    let affine = geometry.ras_affine();
    let [depth, height, width] = geometry.spacing();
    let rotation = Rotation::of(&affine, [width, height, depth]);
    let turn = rotation.as_ref().map_or(1.0, |rotation| rotation.turn);
    let pixdim = [turn, width, height, depth, 1.0, 1.0, 1.0, 1.0];
    put(76, pixdim.map(|size| (size as f32).to_le_bytes()).as_flattened());
    put(108, &(OFFSET as f32).to_le_bytes());
    put(112, &1f32.to_le_bytes());
    // Millimetres and seconds.
    put(123, &[2 | 8]);
    put(148, b"U-Net Lab");
    let scanner = 1i16.to_le_bytes();
    if let Some(rotation) = rotation {
        put(252, &scanner);
        put(
            256,
            rotation
                .quaternion
                .map(|part| (part as f32).to_le_bytes())
                .as_flattened(),
        );
        let offset = affine.map(|row| row[3]);
        put(268, offset.map(|part| (part as f32).to_le_bytes()).as_flattened());
    }
    put(254, &scanner);
    let sform = affine.map(|row| row.map(|part| (part as f32).to_le_bytes()));
    put(280, sform.as_flattened().as_flattened());
    put(344, b"n+1\0");
    Ok(header)
}

/// A rotation as NIfTI stores it.
struct Rotation {
    quaternion: [f64; 3],
    /// -1 where the third axis is turned round, which no rotation does.
    turn: f64,
}

impl Rotation {
    /// None if the axes are not at right angles.
    fn of(affine: &[[f64; 4]; 3], sizes: [f64; 3]) -> Option<Self> {
        let mut columns = [0, 1, 2].map(|column: usize| affine.map(|row| row[column] / sizes[column]));
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let [x, y, z] = columns;
        if [dot(x, y), dot(y, z), dot(z, x)]
            .iter()
            .any(|cosine| cosine.abs() > 1e-4)
        {
            return None;
        }
        let cross = [
            x[1] * y[2] - x[2] * y[1],
            x[2] * y[0] - x[0] * y[2],
            x[0] * y[1] - x[1] * y[0],
        ];
        let turn = if dot(cross, z) < 0.0 { -1.0 } else { 1.0 };
        columns[2] = columns[2].map(|part| part * turn);
        let r = |row: usize, column: usize| columns[column][row];
        // Of the four ways to the quaternion, the one that divides by the largest part.
        let squares = [
            1.0 + r(0, 0) + r(1, 1) + r(2, 2),
            1.0 + r(0, 0) - r(1, 1) - r(2, 2),
            1.0 - r(0, 0) + r(1, 1) - r(2, 2),
            1.0 - r(0, 0) - r(1, 1) + r(2, 2),
        ];
        let largest = (0..4).max_by(|&i, &j| squares[i].total_cmp(&squares[j])).unwrap_or(0);
        let part = squares[largest].max(0.0).sqrt() / 2.0;
        let over = |difference: f64| difference / (4.0 * part);
        let [a, b, c, d] = match largest {
            0 => [
                part,
                over(r(2, 1) - r(1, 2)),
                over(r(0, 2) - r(2, 0)),
                over(r(1, 0) - r(0, 1)),
            ],
            1 => [
                over(r(2, 1) - r(1, 2)),
                part,
                over(r(0, 1) + r(1, 0)),
                over(r(0, 2) + r(2, 0)),
            ],
            2 => [
                over(r(0, 2) - r(2, 0)),
                over(r(0, 1) + r(1, 0)),
                part,
                over(r(1, 2) + r(2, 1)),
            ],
            _ => [
                over(r(1, 0) - r(0, 1)),
                over(r(0, 2) + r(2, 0)),
                over(r(1, 2) + r(2, 1)),
                part,
            ],
        };
        // The same rotation with a real part of at least 0, which is not stored.
        let sign = if a < 0.0 { -1.0 } else { 1.0 };
        Some(Self {
            quaternion: [b * sign, c * sign, d * sign],
            turn,
        })
    }
}
