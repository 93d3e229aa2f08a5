//! Where the voxels of a NIfTI or Analyze file lie.

use super::header::Header;
use crate::Geometry;
use crate::formats::{Format, FormatError};

type Affine = [[f64; 4]; 3];

/// A place in space, and what a person should know of how it was found.
pub(super) struct Place {
    pub geometry: Geometry,
    pub states_spacing: bool,
    pub note: Option<String>,
}

/// The first usable one of: sform, qform, voxel sizes. One that is stated but gives no position in space is passed over with a note.
pub(super) fn find(header: &Header) -> Result<Place, FormatError> {
    let scale = header.millimetres();
    let mut passed_over = Vec::new();
    let coded = [
        ("sform", header.sform_code, Some(header.sform)),
        ("qform", header.qform_code, qform(header)),
    ];
    for (name, _, affine) in coded.into_iter().filter(|&(_, code, _)| code != 0) {
        let scaled = affine.map(|rows| rows.map(|row| row.map(|part| part * scale)));
        if let Some(geometry) = scaled.and_then(|affine| Geometry::from_ras_affine(affine).ok()) {
            return Ok(Place {
                geometry,
                states_spacing: true,
                note: note(&passed_over, name),
            });
        }
        passed_over.push(name);
    }
    let (affine, states_spacing) = base(header);
    let geometry = Geometry::from_ras_affine(affine.map(|row| row.map(|part| part * scale)))
        .map_err(|error| FormatError::Damaged(error.to_string()))?;
    let unknown = (!states_spacing).then(|| "the file states no voxel size for some axis; 1 mm is taken".to_owned());
    Ok(Place {
        geometry,
        states_spacing,
        note: note(&passed_over, "voxel size").or(unknown),
    })
}

fn note(passed_over: &[&str], used: &str) -> Option<String> {
    (!passed_over.is_empty()).then(|| {
        format!(
            "the file's {} gives no position in space; its {used} is used",
            passed_over.join(" and its ")
        )
    })
}

/// Rotation by a quaternion whose real part is left out, and the voxel sizes (`nifti1.h`, method 2).
fn qform(header: &Header) -> Option<Affine> {
    let [b, c, d] = header.quaternion;
    let square = b * b + c * c + d * d;
    // Rounding may make it a little longer than 1.
    if !square.is_finite() || square > 1.0 + 1e-5 {
        return None;
    }
    let (a, length) = match square < 1.0 {
        true => ((1.0 - square).sqrt(), 1.0),
        false => (0.0, square.sqrt()),
    };
    let [b, c, d] = [b / length, c / length, d / length];
    let rotation = [
        [
            a * a + b * b - c * c - d * d,
            2.0 * (b * c - a * d),
            2.0 * (b * d + a * c),
        ],
        [
            2.0 * (b * c + a * d),
            a * a + c * c - b * b - d * d,
            2.0 * (c * d - a * b),
        ],
        [
            2.0 * (b * d - a * c),
            2.0 * (c * d + a * b),
            a * a + d * d - c * c - b * b,
        ],
    ];
    let turned = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let (sizes, is_complete) = voxel_sizes(header);
    if !is_complete {
        return None;
    }
    let [x, y, z] = header.quaternion_offset;
    let row = |[width, height, depth]: [f64; 3], offset: f64| {
        [width * sizes[0], height * sizes[1], depth * sizes[2] * turned, offset]
    };
    Some([row(rotation[0], x), row(rotation[1], y), row(rotation[2], z)])
}

/// Voxel sizes of width, height and depth, 1 where the file states no length, and whether it states one for each of its axes.
fn voxel_sizes(header: &Header) -> ([f64; 3], bool) {
    let stated = [header.pixdim[1], header.pixdim[2], header.pixdim[3]];
    let is_length = |size: f64| size.is_finite() && size != 0.0;
    let needed = header.axes().min(3);
    let sizes = stated.map(|size| if is_length(size) { size.abs() } else { 1.0 });
    let is_complete = stated.iter().take(needed).all(|&size| is_length(size));
    (sizes, is_complete)
}

/// Voxel sizes alone: width grows to the left, and the origin is in the middle, or where SPM noted it in an Analyze file. The flag says
/// whether the file states the sizes.
fn base(header: &Header) -> (Affine, bool) {
    let (sizes, states_spacing) = voxel_sizes(header);
    let mut lengths = [1.0; 3];
    for (length, &stated) in lengths.iter_mut().zip(header.dim.iter().skip(1)).take(header.axes()) {
        *length = stated as f64;
    }
    let noted = header.origin_voxel;
    let is_noted = header.format == Format::Analyze
        && noted != [0.0; 3]
        && noted
            .iter()
            .zip(lengths)
            .all(|(&at, length)| at > -length && at < 2.0 * length);
    let middle = match is_noted {
        true => noted.map(|at| at - 1.0),
        false => lengths.map(|length| (length - 1.0) / 2.0),
    };
    let [x, y, z] = [-sizes[0], sizes[1], sizes[2]];
    let affine = [
        [x, 0.0, 0.0, -x * middle[0]],
        [0.0, y, 0.0, -y * middle[1]],
        [0.0, 0.0, z, -z * middle[2]],
    ];
    (affine, states_spacing)
}
