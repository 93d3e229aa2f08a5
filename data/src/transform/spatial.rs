//! [`Spatial`]: rotation, scaling, shear, translation and elastic deformation in one go.

use std::ops::RangeInclusive;

use super::error::{require, require_chance, require_range};
use super::kernel::warped;
use super::spatial_draw::Drawn;
use super::{Border, ChaCha8Rng, Displacement, Interpolation, LabelInterpolation, Subject, Transform, TransformError};
use rand::RngExt;

/// Turns, scales, shears, shifts and deforms image and labels about the image's centre, all drawn anew each time and done in a single
/// interpolation, so that nothing is blurred twice. The grid stays; what comes in from outside follows the border.
///
/// Rotations are rigid in space also where voxels are not cubes: lengths are taken in mm. The affine part maps a place `x` (mm from the
/// centre, `[depth, height, width]`) of the old image to `R H S x + t`, with scaling `S`, shear `H` (each axis shifted by later ones),
/// rotation `R` (about the depth axis first, then height, then width) and translation `t`. A positive rotation about the depth axis is
/// anticlockwise as the image is looked at.
///
/// ```
/// use unet_lab_data::Image;
/// use unet_lab_data::transform::{Spatial, Transform};
/// let corner = Image::from_fn(3, 3, |x, y| f32::from(u8::from(x == 2 && y == 0)));
/// let turned = Spatial::new().with_rotation(90.0..=90.0).on(corner)?;
/// assert!((turned.get(0, 0, 0) - 1.0).abs() < 1e-6);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Spatial {
    pub(super) rotations: [RangeInclusive<f64>; 3],
    pub(super) scaling: RangeInclusive<f64>,
    pub(super) is_isotropic: bool,
    pub(super) shear: RangeInclusive<f64>,
    pub(super) translation: RangeInclusive<f64>,
    pub(super) elastic: Option<Elastic>,
    pub(super) displacement: Option<Displacement>,
    chance: f64,
    image: Interpolation,
    labels: LabelInterpolation,
    border: Border,
}

/// How an elastic deformation is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Elastic {
    pub deviation: f64,
    pub knots: usize,
}

impl Spatial {
    /// Nothing yet: the image stays as it is. Linear interpolation, nearest labels, mirrored beyond the edge.
    pub fn new() -> Self {
        Self {
            rotations: [const { 0.0..=0.0 }; 3],
            scaling: 1.0..=1.0,
            is_isotropic: true,
            shear: 0.0..=0.0,
            translation: 0.0..=0.0,
            elastic: None,
            displacement: None,
            chance: 1.0,
            image: Interpolation::Linear,
            labels: LabelInterpolation::Nearest,
            border: Border::Mirror,
        }
    }

    /// A rotation within the slice (about the depth axis), drawn from this range in degrees.
    pub fn with_rotation(mut self, degrees: RangeInclusive<f64>) -> Self {
        self.rotations[0] = degrees;
        self
    }

    /// Rotations about the `[depth, height, width]` axes, each drawn from its range in degrees; a 2-D image is turned about the first
    /// alone.
    pub fn with_rotations(mut self, degrees: [RangeInclusive<f64>; 3]) -> Self {
        self.rotations = degrees;
        self
    }

    /// A factor drawn from this range, above 0, the same for all axes: 1.1 makes things larger by a tenth.
    pub fn with_scaling(mut self, factor: RangeInclusive<f64>) -> Self {
        self.scaling = factor;
        self
    }

    /// Each axis gets a factor of its own.
    pub fn with_scaling_by_axis(mut self, factor: RangeInclusive<f64>) -> Self {
        (self.scaling, self.is_isotropic) = (factor, false);
        self
    }

    /// A shear drawn from this range in degrees, between -80 and 80, for each pair of axes.
    pub fn with_shear(mut self, degrees: RangeInclusive<f64>) -> Self {
        self.shear = degrees;
        self
    }

    /// A shift along each axis drawn from this range, a share of the axis' length; positive to the right, down and to later slices.
    pub fn with_translation(mut self, share: RangeInclusive<f64>) -> Self {
        self.translation = share;
        self
    }

    /// The elastic deformation of the U-Net paper (Ronneberger et al. 2015, section 3.1): displacements on a coarse grid of 3 points an
    /// axis, from the first voxel to the last, each drawn from a normal distribution of this standard deviation in voxels (10 in the
    /// paper), and between them a bicubic (tricubic) surface. Where spacings differ, a voxel of the smallest spacing is meant, so that a
    /// deformation is alike in space along all axes. Large deviations on small images fold tissue over; a sixth of the distance between
    /// grid points hardly ever does.
    pub fn with_elastic(mut self, deviation: f64) -> Self {
        self.elastic = Some(Elastic { deviation, knots: 3 });
        self
    }

    /// So many grid points an axis for the elastic deformation, 2 or more; 3 at first.
    pub fn with_elastic_knots(mut self, knots: usize) -> Self {
        let deviation = self.elastic.map_or(10.0, |elastic| elastic.deviation);
        self.elastic = Some(Elastic { deviation, knots });
        self
    }

    /// A given deformation, the same each time.
    pub fn with_displacement(mut self, displacement: Displacement) -> Self {
        self.displacement = Some(displacement);
        self
    }

    /// Only with this chance, 0 to 1.
    pub fn with_chance(mut self, chance: f64) -> Self {
        self.chance = chance;
        self
    }

    /// How the image is interpolated.
    pub fn with_interpolation(mut self, image: Interpolation) -> Self {
        self.image = image;
        self
    }

    /// How labels are interpolated.
    pub fn with_label_interpolation(mut self, labels: LabelInterpolation) -> Self {
        self.labels = labels;
        self
    }

    /// What comes in from outside.
    pub fn with_border(mut self, border: Border) -> Self {
        self.border = border;
        self
    }
}

impl Default for Spatial {
    fn default() -> Self {
        Self::new()
    }
}

impl Transform for Spatial {
    fn check(&self) -> Result<(), TransformError> {
        let (name, low_to_high) = ("Spatial", "finite degrees, low to high");
        for range in &self.rotations {
            require_range(name, "rotation", range, f64::MIN, low_to_high)?;
        }
        require_range(name, "scaling", &self.scaling, 1e-3, "at least 0.001, low to high")?;
        require_range(name, "shear", &self.shear, -80.0, "from -80 to 80 degrees, low to high")?;
        let holds = *self.shear.end() <= 80.0;
        require(holds, name, "shear", &self.shear, "from -80 to 80 degrees, low to high")?;
        require_range(name, "translation", &self.translation, -1e6, "finite, low to high")?;
        require_chance(name, "chance", self.chance)?;
        let Some(elastic) = &self.elastic else { return Ok(()) };
        let (deviation, knots) = (elastic.deviation, elastic.knots);
        let holds = (0.0..=1e6).contains(&deviation);
        require(holds, name, "elastic", deviation, "a standard deviation from 0 voxels")?;
        require(
            (2..=64).contains(&knots),
            name,
            "elastic_knots",
            knots,
            "from 2 to 64 points an axis",
        )
    }

    fn is_random(&self) -> bool {
        let varies = |range: &RangeInclusive<f64>| range.start() < range.end();
        self.rotations.iter().any(varies)
            || [&self.scaling, &self.shear, &self.translation].into_iter().any(varies)
            || self.elastic.as_ref().is_some_and(|elastic| elastic.deviation > 0.0)
            || (self.chance > 0.0 && self.chance < 1.0)
    }

    fn change(&self, mut subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        if !rng.random_bool(self.chance) {
            return Ok(subject);
        }
        let Some(drawn) = Drawn::of(self, &subject, rng) else {
            return Ok(subject);
        };
        let (size, geometry) = (subject.size(), *subject.geometry());
        let (image, labels) = warped(&subject, size, &drawn, (self.image, self.labels), self.border);
        subject.take();
        Ok(subject.with_voxels(image, labels, size, geometry))
    }
}
