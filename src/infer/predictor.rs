//! [`Predictor`]: how a trained network is asked.

use serde::{Deserialize, Serialize};

use super::engine::{Watch, run};
use super::importance::Blend;
use super::probabilities::Probabilities;
use super::raster::Border;
use super::scan::Scan;
use super::slab::Activation;
use super::symmetry::TestTime;
use crate::data::{Image, LabelMap, Volume};
use crate::error::{Result, SettingError};
use crate::nn::Segmenter;
use crate::notebook;

/// How a trained network is asked about an image or a volume: at once or tile by tile, once or flipped and turned,
/// alone or with others.
///
/// The image may have any size: it is continued at its edges up to what the network takes, and the answer is cropped
/// back. Networks with a margin (valid convolutions) work by the paper's overlap-tile strategy (Ronneberger et al. 2015,
/// section 2, figure 2): with an overlap of 0 their outputs abut, and what surrounds each is taken from the image, or
/// mirrored at its edge. Other networks guess at a tile's edge; for them, tiles overlap and are mixed by [`Blend`].
///
/// Between two batches of tiles the predictor asks [`interrupted`](crate::notebook::interrupted).
///
/// Taught in unit 02 (training).
///
/// ```
/// use unet_lab::prelude::*;
///
/// let model = UNetConfig::new(1, 3).with_base_channels(2).with_depth(2).init(&cpu());
/// let image = Image::from_fn(50, 40, |x, y| (x + y) as f32 / 88.0);
/// let predictor = Predictor::new().with_tile([32, 32]).with_overlap(0.5).with_tta(true);
/// let probabilities = predictor.predict(&model, &image)?;
/// assert_eq!((probabilities.classes(), probabilities.size()), (3, &[40, 50][..]));
/// let labels: LabelMap = probabilities.argmax();
/// # Ok::<(), LabError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predictor {
    /// Sides of a tile as the network takes it, `[height, width]` or `[depth, height, width]` in pixels; `None` for the
    /// whole image at once.
    pub tile: Option<Vec<usize>>,
    /// The share of a tile that the next one covers again, in `0..1`.
    pub overlap: f64,
    /// How overlapping tiles are mixed.
    pub blend: Blend,
    /// What lies beyond the edges.
    pub border: Border,
    /// How often the network sees the image.
    pub test_time: TestTime,
    /// From which probability a foreground class counts, one a foreground class; `None` for the most probable class.
    pub thresholds: Option<Vec<f32>>,
    /// Tiles a batch at most; `None` for what the memory limit allows, or about 262,000 pixels without one.
    pub batch_size: Option<usize>,
    /// Bytes that a prediction may hold at once.
    pub memory_limit: Option<usize>,
    /// Bytes that the network's own maps take for a pixel of its input.
    pub network_bytes: usize,
}

impl Default for Predictor {
    fn default() -> Self {
        Self::new()
    }
}

impl Predictor {
    /// The whole image at once, as it is, mirrored at its edges; tiles, once set, overlap by half and are mixed by a
    /// Gaussian.
    pub fn new() -> Self {
        Self {
            tile: None,
            overlap: 0.5,
            blend: Blend::default(),
            border: Border::default(),
            test_time: TestTime::default(),
            thresholds: None,
            batch_size: None,
            memory_limit: None,
            network_bytes: 1024,
        }
    }

    /// Cuts tiles of these sides in pixels, as the network takes them: `[height, width]` or `[depth, height, width]`.
    pub fn with_tile(mut self, tile: impl AsRef<[usize]>) -> Self {
        self.tile = Some(tile.as_ref().to_vec());
        self
    }

    /// Sets the share of a tile that the next one covers again: at least 0 and below 1. With 0 the tiles abut, which is
    /// all that a network with a margin needs; of other networks the last tile is moved back into the image.
    pub fn with_overlap(mut self, overlap: f64) -> Self {
        self.overlap = overlap;
        self
    }

    /// Sets how overlapping tiles are mixed.
    pub fn with_blend(mut self, blend: Blend) -> Self {
        self.blend = blend;
        self
    }

    /// Sets what lies beyond the edges.
    pub fn with_border(mut self, border: Border) -> Self {
        self.border = border;
        self
    }

    /// Test-time augmentation: whether the image is also shown flipped and turned ([`TestTime::Symmetries`]).
    pub fn with_tta(self, on: bool) -> Self {
        self.with_test_time(if on { TestTime::Symmetries } else { TestTime::Once })
    }

    /// Sets how often the network sees the image.
    pub fn with_test_time(mut self, test_time: TestTime) -> Self {
        self.test_time = test_time;
        self
    }

    /// Sets the probability from which the foreground counts, for networks of one foreground class.
    pub fn with_threshold(self, threshold: f32) -> Self {
        self.with_thresholds(&[threshold])
    }

    /// Sets the probability from which each foreground class counts; see [`Probabilities::labels_at`].
    pub fn with_thresholds(mut self, thresholds: &[f32]) -> Self {
        self.thresholds = Some(thresholds.to_vec());
        self
    }

    /// Sets how many tiles go through the network at once at most.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = Some(batch_size);
        self
    }

    /// Sets how many bytes a prediction may hold at once, besides the image and the result: the tiles of a batch, their
    /// logits, the network's own maps ([`with_network_bytes`](Self::with_network_bytes)), and the sums of tiles in
    /// progress, which are as many rows (slices of a volume) as one tile is high. Batches are made as large as it allows.
    pub fn with_memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// Sets how many bytes the network's own maps take for each pixel of its input, for the memory limit. The predictor
    /// cannot know; it takes 1024, about what a U-Net of 64 channels holds at its top level (256 maps of 4 bytes).
    pub fn with_network_bytes(mut self, bytes_per_pixel: usize) -> Self {
        self.network_bytes = bytes_per_pixel;
        self
    }

    /// Checks the settings that need no network.
    ///
    /// # Errors
    /// [`SettingError`] for an overlap outside `0..1`, a batch size of 0, a Gaussian without width, or a threshold that
    /// is no number of at least 0.
    pub fn validate(&self) -> Result<(), SettingError> {
        if !(0.0..1.0).contains(&self.overlap) {
            return Err(SettingError::new(
                "Predictor::overlap",
                self.overlap,
                "at least 0 and below 1",
            ));
        }
        if self.batch_size == Some(0) {
            return Err(SettingError::new("Predictor::batch_size", 0, "at least 1"));
        }
        if let Blend::Gaussian(share) = self.blend
            && !(share.is_finite() && share > 0.0)
        {
            return Err(SettingError::new("Blend::Gaussian", share, "above 0; 0.125 is usual"));
        }
        let bad = |t: &&f32| !(t.is_finite() && **t >= 0.0);
        match self.thresholds.iter().flatten().find(bad) {
            Some(bad) => Err(SettingError::new(
                "Predictor::thresholds",
                bad,
                "a number between 0 and 1",
            )),
            None => Ok(()),
        }
    }

    /// The probabilities of each class at each pixel of an image: a sigmoid for a network of one class, a softmax for
    /// several.
    ///
    /// # Errors
    /// - [`SettingError`] as [`validate`](Self::validate)
    /// - [`ShapeError`](crate::error::ShapeError) if the network takes another number of channels
    /// - [`InferError`](super::InferError) for an image without pixels or with some that are no numbers, a tile that the
    ///   network does not take, a memory limit below one tile, and an interrupt
    pub fn predict<M: Segmenter>(&self, model: &M, image: &Image) -> Result<Probabilities> {
        self.predict_scan(std::slice::from_ref(model), image, &mut |_, _| {})
    }

    /// [`predict`](Self::predict) for a volume. Its spacing is kept.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_volume<M: Segmenter<5>>(&self, model: &M, volume: &Volume) -> Result<Probabilities> {
        self.predict_scan(std::slice::from_ref(model), volume, &mut |_, _| {})
    }

    /// The mean of the probabilities that several networks give. They may differ in everything but channels and classes.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and [`InferError`](super::InferError) for no networks or differing classes.
    pub fn predict_ensemble<M: Segmenter>(&self, models: &[M], image: &Image) -> Result<Probabilities> {
        self.predict_scan(models, image, &mut |_, _| {})
    }

    /// [`predict_ensemble`](Self::predict_ensemble) for a volume.
    ///
    /// # Errors
    /// As [`predict_ensemble`](Self::predict_ensemble).
    pub fn predict_ensemble_volume<M: Segmenter<5>>(&self, models: &[M], volume: &Volume) -> Result<Probabilities> {
        self.predict_scan(models, volume, &mut |_, _| {})
    }

    /// What all of the above are: networks, an image or a volume, and `progress`, which is called after every batch with
    /// the number of tiles done and of tiles to do, over all networks and symmetries.
    ///
    /// # Errors
    /// As [`predict_ensemble`](Self::predict_ensemble).
    pub fn predict_scan<const D: usize, M: Segmenter<D>, S: Scan<D>>(
        &self,
        models: &[M],
        scan: &S,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Probabilities> {
        let mut watch = Watch {
            progress,
            interrupted: &notebook::interrupted,
        };
        self.watched(models, scan, &mut watch)
    }

    pub(super) fn watched<const D: usize, M: Segmenter<D>, S: Scan<D>>(
        &self,
        models: &[M],
        scan: &S,
        watch: &mut Watch,
    ) -> Result<Probabilities> {
        let data = run(self, models, scan, Activation::Probability, watch)?;
        let classes = models.first().map_or(1, Segmenter::classes);
        Ok(Probabilities::new(data, classes, &scan.sides())?.with_spacing(&scan.distances())?)
    }

    /// The label of each pixel of an image: cut at the [thresholds](Self::with_thresholds), or the most probable class
    /// (for one class, 1 from a probability of 0.5).
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and [`InferError`](super::InferError) for a wrong number of thresholds.
    pub fn segment<M: Segmenter>(&self, model: &M, image: &Image) -> Result<LabelMap> {
        self.labels(&self.predict(model, image)?)
    }

    /// [`segment`](Self::segment) for a volume.
    ///
    /// # Errors
    /// As [`segment`](Self::segment).
    pub fn segment_volume<M: Segmenter<5>>(&self, model: &M, volume: &Volume) -> Result<LabelMap> {
        self.labels(&self.predict_volume(model, volume)?)
    }

    /// The labels of probabilities, by the [thresholds](Self::with_thresholds) or the most probable class.
    ///
    /// # Errors
    /// [`InferError`](super::InferError) for a wrong number of thresholds.
    pub fn labels(&self, probabilities: &Probabilities) -> Result<LabelMap> {
        match &self.thresholds {
            Some(thresholds) => Ok(probabilities.labels_at(thresholds)?),
            None => Ok(probabilities.argmax()),
        }
    }

    /// The image that a network makes of an image (a denoiser, a translator): its output as it is, without an
    /// activation, one channel a class. Tiles and symmetries are as for [`predict`](Self::predict).
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn transform_image<M: Segmenter>(&self, model: &M, image: &Image) -> Result<Image> {
        let data = self.transform(model, image)?;
        Ok(Image::new(image.width(), image.height(), model.classes(), data)?)
    }

    /// [`transform_image`](Self::transform_image) for a volume.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn transform_volume<M: Segmenter<5>>(&self, model: &M, volume: &Volume) -> Result<Volume> {
        let data = self.transform(model, volume)?;
        Ok(Volume::new(data, model.classes(), volume.size(), volume.spacing())?)
    }

    fn transform<const D: usize, M: Segmenter<D>, S: Scan<D>>(&self, model: &M, scan: &S) -> Result<Vec<f32>> {
        let mut watch = Watch {
            progress: &mut |_, _| {},
            interrupted: &notebook::interrupted,
        };
        run(
            self,
            std::slice::from_ref(model),
            scan,
            Activation::Identity,
            &mut watch,
        )
    }
}

/// [`Predictor::transform_image`] with the usual settings: the whole image at once.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn transform_image<M: Segmenter>(model: &M, image: &Image) -> Result<Image> {
    Predictor::new().transform_image(model, image)
}

/// [`Predictor::predict_volume`] with the usual settings: the whole volume at once.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn predict_volume<M: Segmenter<5>>(model: &M, volume: &Volume) -> Result<Probabilities> {
    Predictor::new().predict_volume(model, volume)
}
