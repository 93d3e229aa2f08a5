//! [`Patches`]: random patches.

use rand::RngExt;

use crate::formats::Limits;
use crate::transform::error::{require, require_chance};
use crate::transform::{Border, ChaCha8Rng, Extent, Subject, Transform, TransformError, VoxelBox, place};

/// Random parts of one size, a share of them centred on foreground, so that what is rare is seen in every epoch.
///
/// A patch lies inside the image, so near an edge its centre is not the voxel that was drawn; the voxel is in it all the same. Where the
/// balance asks for foreground and all is background, the patch is drawn anywhere. It is a [`Transform`] as well, to be put last in a
/// [`Compose`](crate::transform::Compose); [`draw`](Self::draw) copies the patch alone.
///
/// ```
/// use unet_lab_data::LabelMap;
/// use unet_lab_data::patch::Patches;
/// use unet_lab_data::transform::{ChaCha8Rng, Subject};
/// use rand::SeedableRng;
/// let labels = LabelMap::new((0..4096).map(|i| u32::from(i == 77)).collect(), &[16, 16, 16])?;
/// let subject = Subject::new("ct", labels)?;
/// let patches = Patches::of([4, 4, 4]).with_foreground(1.0);
/// let patch = patches.draw(&subject, &mut ChaCha8Rng::seed_from_u64(1))?;
/// assert_eq!(patch.labels().unwrap().iter().sum::<u32>(), 1);
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Patches {
    extent: Extent,
    balance: Balance,
    border: Option<Border>,
}

/// How often patches are centred on what.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Balance {
    /// Anywhere, each place as likely.
    Anywhere,
    /// This share, 0 to 1, on foreground voxels, each as likely; the rest anywhere. MONAI's `RandCropByPosNegLabel` with `pos / (pos +
    /// neg)`, but that its negative ones are centred on background.
    Foreground(f64),
    /// This share on a foreground class, each class of the image as likely whatever its size; the rest anywhere. nnU-Net takes a third
    /// (Isensee et al. 2021, online methods).
    EachClass(f64),
    /// On labels by weight, `(label, weight)`, 0 for background; labels that the image has not are left out. TorchIO's `LabelSampler`.
    Weights(Vec<(u32, f64)>),
}

impl Patches {
    /// Of `[height, width]` or `[depth, height, width]` voxels, anywhere. `[height, width]` of a volume is a part of one slice, and a
    /// 2-D image.
    pub fn of(extent: impl Into<Extent>) -> Self {
        Self {
            extent: extent.into(),
            balance: Balance::Anywhere,
            border: None,
        }
    }

    /// nnU-Net's patches: a third on a foreground class, filled up with 0 where the image is smaller.
    pub fn nnunet(extent: impl Into<Extent>) -> Self {
        Self::of(extent)
            .with_each_class(1.0 / 3.0)
            .padded(Border::Constant(0.0))
    }

    /// This share, 0 to 1, centred on foreground: [`Balance::Foreground`].
    pub fn with_foreground(self, share: f64) -> Self {
        self.with_balance(Balance::Foreground(share))
    }

    /// This share, 0 to 1, centred on a class, each as often: [`Balance::EachClass`].
    pub fn with_each_class(self, share: f64) -> Self {
        self.with_balance(Balance::EachClass(share))
    }

    /// How often patches are centred on what.
    pub fn with_balance(mut self, balance: Balance) -> Self {
        self.balance = balance;
        self
    }

    /// An image smaller than the patch is filled up like this, on both sides, in place of an error.
    pub fn padded(mut self, border: Border) -> Self {
        self.border = Some(border);
        self
    }

    /// Where a patch would be cut.
    ///
    /// # Errors
    /// [`TransformError::Setting`]; [`TransformError::TooLarge`] for an image smaller than the patch, unless it may be
    /// [`padded`](Self::padded); [`TransformError::Missing`] if a balance is asked for and there are no labels.
    pub fn draw_box(&self, subject: &Subject, rng: &mut ChaCha8Rng) -> Result<VoxelBox, TransformError> {
        self.check()?;
        subject.check()?;
        let (whole, size) = (subject.size(), self.extent.size());
        let is_too_large = (0..3).any(|axis| size[axis] > whole[axis]);
        if is_too_large && (self.border.is_none() || (subject.is_planar() && size[0] > 1)) {
            return Err(TransformError::TooLarge {
                transform: "Patches",
                setting: "size",
                wanted: size,
                name: subject.name.clone(),
                size: whole,
                hint: "take smaller patches, or fill up with .padded(Border::Mirror)",
            });
        }
        let shape = [subject.channels().max(1), size[0], size[1], size[2]];
        Limits::default()
            .check(&shape, 4)
            .map_err(|error| TransformError::Grid {
                transform: "Patches",
                problem: error.to_string(),
            })?;
        let centre = self.centre(subject, rng)?.map(|voxel| place(voxel, whole));
        let start = [0, 1, 2].map(|axis| {
            let (whole, size) = (whole[axis], size[axis]);
            if size > whole {
                return -(((size - whole) / 2) as i64);
            }
            let first = match centre {
                Some(centre) => centre[axis].saturating_sub(size / 2).min(whole - size),
                None => rng.random_range(0..=whole - size),
            };
            first as i64
        });
        Ok(VoxelBox { start, size })
    }

    /// A patch; nothing but the patch is copied.
    ///
    /// # Errors
    /// As [`draw_box`](Self::draw_box).
    pub fn draw(&self, subject: &Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        let part = self.draw_box(subject, rng)?;
        let is_planar = self.extent.is_planar() || subject.is_planar();
        part.of_kind(subject, self.border.unwrap_or(Border::Edge), is_planar)
    }

    /// The voxel to be in the middle; none for anywhere.
    fn centre(&self, subject: &Subject, rng: &mut ChaCha8Rng) -> Result<Option<usize>, TransformError> {
        if self.balance == Balance::Anywhere {
            return Ok(None);
        }
        let labels = subject.need_labels("Patches")?;
        let Some(index) = subject.foreground() else {
            return Ok(None);
        };
        Ok(match &self.balance {
            Balance::Anywhere => None,
            Balance::Foreground(share) => match rng.random_bool(*share) {
                true => index.draw_any(rng),
                false => None,
            },
            Balance::EachClass(share) => match rng.random_bool(*share) {
                true => index.draw_class(rng),
                false => None,
            },
            Balance::Weights(weights) => {
                let background = labels.len() - index.total();
                let occurs = |label: u32| {
                    if label == 0 {
                        background > 0
                    } else {
                        index.count(label) > 0
                    }
                };
                let present: Vec<(u32, f64)> = weights.iter().copied().filter(|&(label, _)| occurs(label)).collect();
                let total: f64 = present.iter().map(|&(_, weight)| weight).sum();
                let mut at = rng.random::<f64>() * total;
                let chosen = present.iter().find(|&&(_, weight)| {
                    at -= weight;
                    at < 0.0
                });
                match chosen {
                    Some(&(0, _)) => background_voxel(labels, rng),
                    Some(&(label, _)) => index.draw(label, rng),
                    None => None,
                }
            }
        })
    }
}

/// A background voxel: tried at random, and where hardly any is left the next one after a random place.
fn background_voxel(labels: &[u32], rng: &mut ChaCha8Rng) -> Option<usize> {
    for _ in 0..64 {
        let i = rng.random_range(0..labels.len());
        if labels.get(i) == Some(&0) {
            return Some(i);
        }
    }
    let start = rng.random_range(0..labels.len());
    let (before, after) = labels.split_at(start);
    let next = after.iter().position(|&label| label == 0).map(|i| start + i);
    next.or_else(|| before.iter().position(|&label| label == 0))
}

impl Transform for Patches {
    fn check(&self) -> Result<(), TransformError> {
        let size = self.extent.size();
        require(!size.contains(&0), "Patches", "size", size, "1 or more along each axis")?;
        match &self.balance {
            Balance::Anywhere => Ok(()),
            Balance::Foreground(share) | Balance::EachClass(share) => {
                require_chance("Patches", "foreground share", *share)
            }
            Balance::Weights(weights) => {
                let total: f64 = weights.iter().map(|&(_, weight)| weight).sum();
                let holds = weights.iter().all(|&(_, weight)| weight >= 0.0) && total.is_finite() && total > 0.0;
                require(holds, "Patches", "weights", weights, "0 or more each, and not all 0")
            }
        }
    }

    fn is_random(&self) -> bool {
        true
    }

    fn change(&self, subject: Subject, rng: &mut ChaCha8Rng) -> Result<Subject, TransformError> {
        self.draw(&subject, rng)
    }
}
