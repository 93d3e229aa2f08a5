//! A folder of images with a folder of masks, as most people have them.

use super::layout::{Layout, is_outlines};
use super::masks::{Outlines, union};
use super::names::stem;
use super::pairing::{Found, find};
use super::raster::{Label, LabelValues, Labels};
use super::{DataError, Dataset, ImagePair, Mask, load_image};
use rayon::prelude::*;
use std::fmt;
use std::path::{Path, PathBuf};

/// Which pixels of a mask file are foreground. Taught in unit 02.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreground {
    /// Everything but 0 (black): the usual 0/255 and 0/1 masks, and instance labels taken together.
    NonZero,
    /// Exactly 0 (black): ISBI 2012, for one, stores membrane as 0 and cells as 255.
    Zero,
    /// Exactly this grey value: one class of a label image.
    Value(u16),
    /// This grey value or more: masks with soft edges, or saved as JPEG, with `AtLeast(128)`.
    AtLeast(u16),
    /// Exactly this colour, as red, green and blue from 0 to 255: one class of a label image in colour.
    Colour([u8; 3]),
}

impl fmt::Display for Foreground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonZero => f.write_str("a value other than 0"),
            Self::Zero => f.write_str("the value 0"),
            Self::Value(v) => write!(f, "the value {v}"),
            Self::AtLeast(v) => write!(f, "a value of {v} or more"),
            Self::Colour(c) => write!(f, "the colour {c:?}"),
        }
    }
}

impl Foreground {
    fn holds(self, label: Label) -> bool {
        match (self, label) {
            (Self::NonZero, label) => label != Label::Grey(0) && label != Label::Colour([0; 3]),
            (Self::Zero, label) => label == Label::Grey(0) || label == Label::Colour([0; 3]),
            (Self::Value(wanted), Label::Grey(v)) => v == wanted,
            (Self::AtLeast(least), Label::Grey(v)) => v >= least,
            (Self::Colour(wanted), Label::Colour(c)) => c == wanted,
            // A file in colour that happens to hold only greys.
            (Self::Colour(wanted), Label::Grey(v)) => wanted.iter().all(|&c| u16::from(c) == v),
            (Self::Value(_) | Self::AtLeast(_), Label::Colour(_)) => false,
        }
    }

    pub(super) fn mask(self, labels: &Labels) -> Mask {
        let width = labels.width;
        match &labels.values {
            LabelValues::Grey(v) => {
                Mask::from_fn(width, labels.height, |x, y| self.holds(Label::Grey(v[y * width + x])))
            }
            LabelValues::Colour(v) => {
                Mask::from_fn(width, labels.height, |x, y| self.holds(Label::Colour(v[y * width + x])))
            }
        }
    }

    /// The mask of a file with two labels of which one is 0; any other file needs a rule.
    pub(super) fn automatic(labels: &Labels, path: &Path) -> Result<Mask, DataError> {
        let census = labels.census();
        let values: Vec<Label> = census.iter().map(|&(label, _)| label).collect();
        let grey = matches!(labels.values, LabelValues::Grey(_));
        if grey && (values.len() <= 1 || values.len() == 2 && values.contains(&Label::Grey(0))) {
            return Ok(Self::NonZero.mask(labels));
        }
        // The likeliest wish: the most frequent label that is not black; for soft edges, the brighter half.
        let example = match values.iter().find(|&&label| Self::NonZero.holds(label)) {
            Some(Label::Colour([r, g, b])) => {
                format!(".with_foreground(Foreground::Colour([{r}, {g}, {b}]))")
            }
            Some(Label::Grey(_)) if values.len() > 8 => ".with_foreground(Foreground::AtLeast(128)) for soft edges, \
                 or Foreground::NonZero for numbered objects"
                .into(),
            Some(Label::Grey(v)) => format!(
                ".with_foreground(Foreground::Value({v})), \
                 or Foreground::NonZero for all but 0"
            ),
            None => ".with_foreground(Foreground::Zero)".into(),
        };
        Err(DataError::SeveralLabels {
            path: path.into(),
            found: Labels::census_text(&census),
            example,
        })
    }
}

/// A folder of images and their masks, opened by name and loaded when all is set. Taught in unit 02.
///
/// Found by themselves: a folder `images` (or img, image, ...) next to `masks` (or mask, labels, annotations, ...),
/// or both kinds side by side in one folder, or folders of such folders. A mask belongs to the image of the same name, or has that name
/// and an ending such as `_mask` or `-label`; parts of a mask (`_mask`, `_mask_1`) and objects in files of their own (a folder
/// `masks` an image, as in DSB2018) are joined; outlines in XML (ImageScope) are filled.
///
/// ```no_run
/// use unet_lab_data::{Foreground, PairFolder};
/// let data = PairFolder::open("em_isbi2012")?.with_foreground(Foreground::Zero).load()?;
/// println!("{data}");
/// # Ok::<(), unet_lab_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PairFolder {
    layout: Layout,
    foreground: Option<Foreground>,
    group_before: Option<String>,
}

impl PairFolder {
    /// Opens a folder and looks where its images and masks are. Reads no picture yet.
    ///
    /// # Errors
    /// [`DataError::MissingFolder`] or [`DataError::EmptyFolder`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        Ok(Self {
            layout: Layout::discover(path.as_ref())?,
            foreground: None,
            group_before: None,
        })
    }

    /// Opens a folder whose images and masks are in folders of unusual names.
    ///
    /// # Errors
    /// [`DataError::MissingFolder`] or [`DataError::EmptyFolder`].
    pub fn open_with(
        path: impl AsRef<Path>,
        images: impl AsRef<Path>,
        masks: impl AsRef<Path>,
    ) -> Result<Self, DataError> {
        Ok(Self {
            layout: Layout::named(path.as_ref(), images.as_ref(), masks.as_ref())?,
            foreground: None,
            group_before: None,
        })
    }

    /// Says what the names of the masks have after the image's name, such as `_1stHO`: needed where an image has
    /// several.
    pub fn with_mask_suffix(mut self, suffix: &str) -> Self {
        self.layout.suffix = Some(suffix.into());
        self
    }

    /// Says which pixels of the masks are foreground. Without it masks may hold only 0 and one other grey value.
    pub fn with_foreground(mut self, foreground: Foreground) -> Self {
        self.foreground = Some(foreground);
        self
    }

    /// Puts images whose names are the same before `text` in one group, so that a split keeps them together: with
    /// `"_slice"`, `P7_slice_1` and `P7_slice_2` are both of `P7`.
    pub fn with_group_before(mut self, text: &str) -> Self {
        self.group_before = Some(text.into());
        self
    }

    /// Leaves images without a mask out, where only some were annotated (Cell Tracking Challenge). Without it they are an error.
    pub fn without_unpaired(mut self) -> Self {
        self.layout.skips_unpaired = true;
        self
    }

    /// Every image with its mask, or masks that are joined, in the order in which they are loaded. Reads no picture.
    ///
    /// # Errors
    /// [`DataError::Unpaired`] for an image without mask or with several.
    pub fn files(&self) -> Result<Vec<PairFiles>, DataError> {
        let pair = |found: Found| {
            let name = stem(&found.image);
            PairFiles {
                group: self.group(&name),
                name,
                image: found.image,
                masks: found.masks,
            }
        };
        Ok(find(&self.layout)?.into_iter().map(pair).collect())
    }

    fn group(&self, name: &str) -> Option<String> {
        let text = self.group_before.as_ref()?;
        Some(name.split(text.as_str()).next().unwrap_or_default().to_string())
    }

    /// Reads all pairs, in the order of their names with numbers counted (2 before 10). If some images are grey and
    /// others in colour, all get the larger number of channels.
    ///
    /// # Errors
    /// The first of: an image without mask or with several, a file that cannot be read, a mask of another size than
    /// its image, a mask of several labels without a rule, or no foreground in any mask.
    pub fn load(&self) -> Result<Dataset, DataError> {
        let files = self.files()?;
        let pairs: Vec<Result<ImagePair, DataError>> = files.par_iter().map(|files| self.pair(files)).collect();
        let data: Dataset = pairs.into_iter().collect::<Result<_, _>>()?;
        if data.foreground_fraction() == 0.0
            && let Some(mask) = files.first().and_then(|files| files.masks.first())
            && !is_outlines(mask)
        {
            return Err(DataError::NoForeground {
                path: mask.parent().unwrap_or(Path::new("")).into(),
                wanted: self.foreground.unwrap_or(Foreground::NonZero).to_string(),
                mask: file_name(mask),
                found: Labels::census_text(&Labels::load(mask)?.census()),
            });
        }
        let most = data.iter().map(|p| p.image().channels()).max().unwrap_or(1);
        Ok(data.with_channels(most))
    }

    fn pair(&self, files: &PairFiles) -> Result<ImagePair, DataError> {
        let image = load_image(&files.image)?;
        let size = [image.width(), image.height()];
        let masks = files.masks.iter().map(|mask| self.mask(mask, &files.image, size));
        let masks: Vec<Mask> = masks.collect::<Result<_, _>>()?;
        let mask = union(&masks).map_err(|problem| DataError::Annotation {
            path: files.image.clone(),
            problem,
        })?;
        let pair = ImagePair::new(files.name.clone(), image, mask)?;
        Ok(match &files.group {
            Some(group) => pair.with_group(group.clone()),
            None => pair,
        })
    }

    fn mask(&self, path: &Path, image: &Path, size: [usize; 2]) -> Result<Mask, DataError> {
        if is_outlines(path) {
            let drawn = Outlines::read(path)?.mask(size[0], size[1]);
            return drawn.map_err(|problem| DataError::Annotation {
                path: path.into(),
                problem,
            });
        }
        let labels = Labels::load(path)?;
        if size != [labels.width, labels.height] {
            return Err(DataError::SizesDiffer {
                image: image.into(),
                image_size: size,
                mask: path.into(),
                mask_size: [labels.width, labels.height],
            });
        }
        match self.foreground {
            Some(rule) => Ok(rule.mask(&labels)),
            None => Foreground::automatic(&labels, path),
        }
    }
}

/// The files of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairFiles {
    /// The image's name without its ending.
    pub name: String,
    /// The image.
    pub image: PathBuf,
    /// Its mask; several where parts of it, or objects, are in files of their own, to be joined.
    pub masks: Vec<PathBuf>,
    /// See [`PairFolder::with_group_before`].
    pub group: Option<String>,
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
