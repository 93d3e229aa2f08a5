//! What cannot be predicted, and what the predictor says of it.

use burn::module::Module;
use burn::tensor::Tensor;

use super::test_networks::{Kind, SAME, VALID, pooled, toy2, toy3};
use super::*;
use crate::data::{Image, LabelMap, Volume};
use crate::device::cpu;
use crate::error::LabError;
use crate::metric::Confusion;
use crate::nn::{Segmenter, UNetConfig};

fn grey(height: usize, width: usize) -> Image {
    Image::from_fn(width, height, |x, y| (x + y) as f32 / 99.0)
}

fn error(predictor: &Predictor, image: &Image) -> String {
    predictor.predict(&toy2(SAME), image).unwrap_err().to_string()
}

#[test]
fn images_that_do_not_fit() {
    let predictor = Predictor::new();
    assert!(
        error(&predictor, &grey(8, 8).with_channels(3)).starts_with("the network was made for images of 1 channel(s)")
    );
    assert_eq!(
        error(&predictor, &grey(0, 5)),
        "the image is 0 x 5 (height x width): it has no pixels, so there is nothing to predict"
    );
    let empty = Volume::new(vec![], 1, [0, 2, 3], [1.0; 3]).unwrap();
    let text = predict_volume(&toy3(SAME), &empty).unwrap_err().to_string();
    assert!(
        text.starts_with("the image is 0 x 2 x 3 (depth x height x width)"),
        "{text}"
    );
}

#[test]
fn values_that_are_no_numbers_are_counted_and_placed() {
    let image = Image::from_fn(4, 3, |x, y| if y == 1 && x > 1 { f32::NAN } else { 0.5 });
    let expected = "2 value(s) of the image are no finite numbers, the first is NaN in channel 0 at row 1, column 2; one \
                    of them spoils all around it. Replace them, for instance by the darkest value, and look where they \
                    come from";
    assert_eq!(error(&Predictor::new(), &image), expected);
    assert_eq!(predict(&toy2(SAME), &image).unwrap_err().to_string(), expected);
    assert_eq!(transform_image(&toy2(SAME), &image).unwrap_err().to_string(), expected);
    let mut data = vec![0.0; 24];
    data[23] = f32::NEG_INFINITY;
    let volume = Volume::new(data, 1, [2, 3, 4], [1.0; 3]).unwrap();
    let text = predict_volume(&toy3(SAME), &volume).unwrap_err().to_string();
    assert!(
        text.contains("the first is -inf in channel 0 at slice 1, row 2, column 3"),
        "{text}"
    );
}

#[test]
fn tiles_that_the_network_does_not_take() {
    let image = grey(40, 40);
    let unet = UNetConfig::new(1, 1).with_base_channels(2).with_depth(3).init(&cpu());
    let text = |tile: &[usize]| {
        Predictor::new()
            .with_tile(tile)
            .predict(&unet, &image)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        text(&[16, 20]),
        "the tile's width is 20, which the network does not take; the nearest that work are 16 and 24"
    );
    assert_eq!(
        text(&[3, 8]),
        "the tile's height is 3, which the network does not take; the nearest that works is 8"
    );
    assert!(text(&[0, 8]).contains("height is 0"));
    assert_eq!(
        text(&[8, 8, 8]),
        "the tile [8, 8, 8] has 3 axes, but the image has 2: pass with_tile([height, width])"
    );
    // A tile that is all margin gives nothing.
    let text = Predictor::new()
        .with_tile([4, 8])
        .predict(&pooled(), &image)
        .unwrap_err()
        .to_string();
    assert!(text.ends_with("the nearest that works is 6"), "{text}");
    let text = Predictor::new()
        .with_tile([3, 2])
        .predict(&toy2(VALID), &image)
        .unwrap_err()
        .to_string();
    assert!(text.contains("width is 2"), "{text}");
}

#[test]
fn a_memory_limit_below_one_tile_names_the_bytes() {
    let predictor = Predictor::new().with_network_bytes(0).with_memory_limit(1000);
    assert_eq!(
        error(&predictor.with_tile([10, 10]), &grey(20, 20)),
        "the memory limit is 1000 bytes, but one tile of 10 x 10 needs 3200: 1200 for the tile on its way through the \
         network and 2000 for the sums of the tiles in progress. Raise with_memory_limit or set a smaller with_tile"
    );
}

#[test]
fn settings_out_of_range() {
    let image = grey(4, 4);
    for overlap in [-0.1, 1.0, f64::NAN] {
        assert!(error(&Predictor::new().with_overlap(overlap), &image).starts_with("Predictor::overlap"));
    }
    assert!(error(&Predictor::new().with_batch_size(0), &image).starts_with("Predictor::batch_size is 0"));
    assert!(error(&Predictor::new().with_blend(Blend::Gaussian(0.0)), &image).starts_with("Blend::Gaussian is 0"));
    assert!(error(&Predictor::new().with_threshold(f32::NAN), &image).starts_with("Predictor::thresholds is NaN"));
    let several = Predictor::new()
        .with_thresholds(&[0.5, 0.5])
        .segment(&toy2(SAME), &image);
    assert!(
        several
            .unwrap_err()
            .to_string()
            .starts_with("2 threshold(s) for 1 foreground class(es)")
    );
}

#[test]
fn ensembles_that_are_none() {
    let image = grey(4, 4);
    let models = [toy2(SAME), toy2(Kind { classes: 2, ..SAME })];
    let text = |models: &[test_networks::Toy2]| {
        Predictor::new()
            .predict_ensemble(models, &image)
            .unwrap_err()
            .to_string()
    };
    assert!(text(&models).starts_with("network 1 of the ensemble gives 2 class(es), the first gives 1"));
    assert_eq!(text(&[]), "an ensemble of no networks: pass at least one");
}

/// Says that it has two classes and gives one.
#[derive(Module, Debug)]
struct Liar {
    nothing: usize,
}

impl Segmenter for Liar {
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        x
    }

    fn in_channels(&self) -> usize {
        1
    }

    fn classes(&self) -> usize {
        2
    }
}

#[test]
fn an_output_of_another_shape_is_named() {
    let error = Predictor::new().predict(&Liar { nothing: 0 }, &grey(3, 4)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the network's output has shape [1, 1, 3, 4], but what its classes() and margin() promise has shape \
         [1, 2, 3, 4]; they must be equal"
    );
}

/// Three classes by brightness: below a third, between, above two thirds.
#[derive(Module, Debug)]
struct Thirds {
    gain: usize,
}

fn thirds<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let near = |middle: f32| -(x.clone() - middle).powf_scalar(2.0);
    Tensor::cat(vec![near(0.0), near(0.5), near(1.0)], 1)
}

impl Segmenter for Thirds {
    fn forward_logits(&self, x: Tensor<4>) -> Tensor<4> {
        thirds(x)
    }

    fn in_channels(&self) -> usize {
        1
    }

    fn classes(&self) -> usize {
        3
    }
}

/// [`Thirds`] in 3-D.
#[derive(Module, Debug)]
struct Thirds3 {
    gain: usize,
}

impl Segmenter<5> for Thirds3 {
    fn forward_logits(&self, x: Tensor<5>) -> Tensor<5> {
        thirds(x)
    }

    fn in_channels(&self) -> usize {
        1
    }

    fn classes(&self) -> usize {
        3
    }
}

#[test]
fn labels_are_compared_in_2d_and_3d() {
    // Found: 0 0 1 1 2 2.
    let data = vec![0.0, 0.1, 0.5, 0.6, 1.0, 0.9];
    let truth = vec![0, 1, 1, 1, 2, 0];
    let image = Image::new(3, 2, 1, data.clone()).unwrap();
    let right = LabelMap::new(vec![0, 0, 1, 1, 2, 2], &[2, 3]).unwrap();
    let flat = LabelMap::new(truth.clone(), &[2, 3]).unwrap();
    let flat = evaluate_labels(&Thirds { gain: 1 }, &[("a", &image, &flat), ("b", &image, &right)]).unwrap();
    assert_eq!(flat.images[0].dice, [0.5, 0.8, 2.0 / 3.0]);
    assert_eq!(flat.images[0].iou, [1.0 / 3.0, 2.0 / 3.0, 0.5]);
    assert_eq!(flat.dice, [0.75, 0.9, (2.0 / 3.0 + 1.0) / 2.0]);
    assert_eq!(flat.mean_dice, (0.9 + (2.0 / 3.0 + 1.0) / 2.0) / 2.0);
    let two = Confusion {
        tp: 1,
        fp: 1,
        fn_: 0,
        tn: 4,
    };
    assert_eq!(flat.images[0].confusions[2], two);
    assert_eq!(flat.pooled()[2].tp, 3);
    assert_eq!(
        flat.to_string(),
        "image  Dice  0  Dice  1  Dice  2\n\
         a       0.5000   0.8000   0.6667\n\
         b       1.0000   1.0000   1.0000\n\
         mean    0.7500   0.9000   0.8333\n\
         mean without label 0: Dice 0.8667, IoU 0.7917"
    );
    let volume = Volume::new(data, 1, [2, 1, 3], [2.0, 1.0, 1.0]).unwrap();
    let deep = LabelMap::new(truth, &[2, 1, 3]).unwrap();
    let deep = evaluate_labels(&Thirds3 { gain: 1 }, &[("a", &volume, &deep)]).unwrap();
    assert_eq!(deep.images[0], flat.images[0]);
}

#[test]
fn one_class_is_evaluated_as_by_evaluate() {
    use crate::data::{Dataset, ImagePair, Mask};
    let (image, mask) = (grey(9, 11), Mask::from_fn(11, 9, |x, y| x > y));
    let model = toy2(SAME);
    let data = Dataset::new(vec![ImagePair::new("p", image.clone(), mask.clone()).unwrap()]);
    let binary = evaluate(&model, &data).unwrap();
    let truth = LabelMap::from(&mask);
    let labels = evaluate_labels(&model, &[("p", &image, &truth)]).unwrap();
    assert_eq!(labels.images[0].confusions[1], binary.images[0].confusion);
    assert_eq!((labels.mean_dice, labels.mean_iou), (binary.dice, binary.iou));
    let strict = Predictor::new().with_threshold(0.9);
    let strict = strict.evaluate_labels(&model, &[("p", &image, &truth)]).unwrap();
    assert_ne!(strict.mean_dice, labels.mean_dice);
    let none = evaluate_labels::<4, _, Image>(&model, &[]).unwrap();
    assert!(none.mean_dice.is_nan() && none.images.is_empty());
}

#[test]
fn labels_that_do_not_fit_are_named() {
    let image = grey(2, 2);
    let text = |labels: LabelMap| -> LabError { evaluate_labels(&toy2(SAME), &[("p", &image, &labels)]).unwrap_err() };
    assert_eq!(
        text(LabelMap::new(vec![0, 1, 2, 0], &[2, 2]).unwrap()).to_string(),
        "p holds the label 2, but the network tells only the labels 0 to 1 apart"
    );
    assert!(
        text(LabelMap::new(vec![0; 6], &[2, 3]).unwrap())
            .to_string()
            .contains("[2, 3]")
    );
}
