//! The metrics are those of MONAI, scikit-image, scikit-learn and SciPy, on random cases with empty maps, absent classes
//! and single pixels among them.
//!
//! `tests/fixtures/make_metrics.py` makes the fixture.

use serde_json::Value;
use unet_lab::metric::{InstanceCounts, Intensities};
use unet_lab::prelude::*;

const TOLERANCE: f64 = 1e-5;

/// The cases of a part of the fixture.
fn cases(part: &str) -> Vec<Value> {
    let mut fixture: Value =
        serde_json::from_str(include_str!("../fixtures/metrics.json")).expect("the fixture is JSON");
    let Value::Array(cases) = fixture[part].take() else {
        panic!("{part} is not an array");
    };
    assert!(cases.len() >= 200, "{} cases of {part}", cases.len());
    cases
}

/// The generator of the script.
struct Numbers(u64);

impl Numbers {
    fn of(case: &Value) -> Self {
        Self(case["start"].as_u64().expect("a start"))
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = (self.0 * 1_664_525 + 1_013_904_223) % (1 << 32);
        (self.0 >> 8) % limit
    }
}

fn whole(value: &Value) -> usize {
    value.as_u64().expect("a whole number") as usize
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn row(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn size(case: &Value) -> Vec<usize> {
    row(&case["size"]).iter().map(whole).collect()
}

fn map(case: &Value, which: &str) -> LabelMap {
    let digits = case[which].as_str().expect("a string").chars();
    let labels = digits.map(|digit| digit.to_digit(36).expect("a digit")).collect();
    LabelMap::new(labels, &size(case)).expect("labels that fill the size")
}

/// Compares, and counts, the values that the reference has; it has null where it divides 0 by 0.
#[derive(Default)]
struct Agreement {
    compared: usize,
    worst: f64,
}

impl Agreement {
    fn see(&mut self, what: &str, found: f64, expected: &Value, case: &Value) {
        let Some(expected) = expected.as_f64() else {
            return;
        };
        let difference = (found - expected).abs() / expected.abs().max(1.0);
        assert!(difference <= TOLERANCE, "{what}: {found} is not {expected} in {case}");
        self.compared += 1;
        self.worst = self.worst.max(difference);
    }

    fn see_all(&mut self, what: &str, found: &[f64], expected: &Value, case: &Value) {
        assert_eq!(found.len(), row(expected).len(), "{what} in {case}");
        for (&found, expected) in found.iter().zip(row(expected)) {
            self.see(what, found, expected, case);
        }
    }

    fn tell(self, what: &str, at_least: usize) {
        println!(
            "{what}: {} values, largest difference {:.1e}",
            self.compared, self.worst
        );
        assert!(self.compared >= at_least, "only {} values of {what}", self.compared);
    }
}

#[test]
fn classes_are_those_of_monai_and_scikit_learn() {
    let mut agreement = Agreement::default();
    for case in &cases("classes") {
        let matrix =
            ConfusionMatrix::new(&map(case, "prediction"), &map(case, "truth"), whole(&case["classes"])).unwrap();
        let mut see = |what: &str, found: &[f64]| agreement.see_all(what, found, &case[what], case);
        see("dice", &matrix.per_class(Confusion::dice));
        see("iou", &matrix.per_class(Confusion::iou));
        see("f2", &matrix.per_class(|one| one.f_beta(2.0)));
        let generalized: Vec<f64> = [ClassSet::All, ClassSet::Foreground]
            .into_iter()
            .flat_map(|set| {
                [ClassWeight::Uniform, ClassWeight::Inverse, ClassWeight::InverseSquare]
                    .map(|weight| matrix.generalized_dice(weight, set))
            })
            .collect();
        see("generalized", &generalized);
        let measures: [fn(&Confusion) -> f64; 7] = [
            Confusion::precision,
            Confusion::recall,
            Confusion::specificity,
            Confusion::accuracy,
            Confusion::balanced_accuracy,
            Confusion::negative_predictive_value,
            Confusion::mcc,
        ];
        for (measure, expected) in measures.iter().zip(row(&case["one_against_all"])) {
            agreement.see_all("one against all", &matrix.per_class(measure), expected, case);
        }
        let of_all = [
            (
                "mean_dice_in_truth",
                matrix.mean(Confusion::dice, ClassSet::ForegroundInTruth),
            ),
            ("accuracy", matrix.accuracy()),
            ("balanced_accuracy", matrix.balanced_accuracy()),
            ("frequency_weighted_iou", matrix.frequency_weighted_iou()),
            ("kappa", matrix.kappa()),
            ("mcc", matrix.mcc()),
        ];
        for (what, found) in of_all {
            agreement.see(what, found, &case[what], case);
        }
    }
    agreement.tell("classes", 5000);
}

#[test]
fn binary_masks_are_those_of_monai() {
    let mut agreement = Agreement::default();
    for case in &cases("classes") {
        let (prediction, truth) = (map(case, "prediction"), map(case, "truth"));
        for class in 0..whole(&case["classes"]) {
            let (prediction, truth) = (prediction.only(class as u32), truth.only(class as u32));
            agreement.see("dice", dice(&prediction, &truth).unwrap(), &case["dice"][class], case);
            agreement.see("iou", iou(&prediction, &truth).unwrap(), &case["iou"][class], case);
        }
    }
    agreement.tell("binary masks", 800);
}

#[test]
fn instances_are_those_of_monai_and_scikit_image() {
    let mut agreement = Agreement::default();
    for case in &cases("instances") {
        let (prediction, truth) = (map(case, "prediction"), map(case, "truth"));
        let scores = instance_scores(&prediction, &truth).unwrap();
        let mut precisions = 0.0;
        for (step, expected) in row(&case["matches"]).iter().enumerate() {
            let InstanceCounts { tp, fp, fn_, iou_sum } = scores.at(step);
            let found = [tp as f64, fp as f64, fn_ as f64, iou_sum];
            agreement.see_all("matches", &found, expected, case);
            let [tp, all] = [number(&expected[0]), row(expected)[..3].iter().map(number).sum()];
            precisions += if all == 0.0 { 1.0 } else { tp / all };
        }
        assert!((scores.mean_average_precision() - precisions / 10.0).abs() < TOLERANCE);
        if !case["quality"].is_null() {
            let counts = scores.at(0);
            let quality = [counts.panoptic_quality(), counts.segmentation_quality(), counts.f1()];
            agreement.see_all("quality", &quality, &case["quality"], case);
        }
        let rand = adapted_rand_error(&prediction, &truth).unwrap();
        agreement.see_all("rand", &[rand.error, rand.split, rand.merge], &case["rand"], case);
        let information = variation_of_information(&prediction, &truth).unwrap();
        agreement.see_all(
            "information",
            &[information.split, information.merge],
            &case["information"],
            case,
        );
        let rules = [LesionRule::AnyVoxel, LesionRule::Share(0.25), LesionRule::Share(0.5)];
        for (rule, expected) in rules.into_iter().zip(row(&case["lesions"])) {
            let found = lesion_detection(&prediction, &truth, rule).unwrap();
            let objects = [found.lesions as f64, found.predicted as f64];
            agreement.see_all("objects", &objects, &case["objects"], case);
            let found = [found.found as f64, found.false_positives as f64];
            agreement.see_all("lesions", &found, expected, case);
        }
    }
    agreement.tell("instances", 8000);
}

fn see_images<I: Intensities>(agreement: &mut Agreement, image: &I, reference: &I, case: &Value) {
    let range = number(&case["range"]);
    let window = SsimWindow::Uniform { side: 5 };
    let population = Ssim::uniform(range).with_window(window).with_sample_covariance(false);
    let found = [
        ("gaussian", ssim(image, reference, range)),
        ("uniform", Ssim::uniform(range).of(image, reference)),
        ("population", population.of(image, reference)),
        ("psnr", psnr(image, reference, range)),
        ("mse", mean_squared_error(image, reference).map_err(LabError::from)),
        ("mae", mean_absolute_error(image, reference).map_err(LabError::from)),
    ];
    for (what, found) in found {
        agreement.see(what, found.unwrap(), &case[what], case);
    }
}

#[test]
fn image_similarity_is_that_of_scikit_image() {
    let mut agreement = Agreement::default();
    for case in &cases("images") {
        let (size, channels) = (size(case), whole(&case["channels"]));
        let (levels, noise) = (whole(&case["levels"]) as u64, whole(&case["noise"]) as u64);
        let mut numbers = Numbers::of(case);
        let count = channels * size.iter().product::<usize>();
        let reference: Vec<f32> = (0..count)
            .map(|_| (numbers.below(levels) as f64 / levels as f64) as f32)
            .collect();
        let noisy = reference
            .iter()
            .map(|&value| (f64::from(value) + numbers.below(noise) as f64 / 1000.0) as f32);
        let noisy: Vec<f32> = noisy.collect();
        match size[..] {
            [height, width] => {
                let [image, reference] =
                    [noisy, reference].map(|data| Image::new(width, height, channels, data).unwrap());
                see_images(&mut agreement, &image, &reference, case);
            }
            [depth, height, width] => {
                let volume = |data| Volume::new(data, channels, [depth, height, width], [1.0; 3]).unwrap();
                see_images(&mut agreement, &volume(noisy), &volume(reference), case);
            }
            _ => panic!("a size of {size:?}"),
        }
    }
    agreement.tell("images", 1000);
}

#[test]
fn intervals_are_those_of_scipy_for_the_same_draws() {
    let mut agreement = Agreement::default();
    for case in &cases("bootstrap") {
        let (mut numbers, count) = (Numbers::of(case), whole(&case["count"]));
        let power = whole(&case["power"]) as i32;
        let scores: Vec<f64> = (0..count)
            .map(|_| (numbers.below(1024) as f64 / 1024.0).powi(power))
            .collect();
        let mut draw = || {
            (0..count)
                .map(|_| numbers.below(count as u64) as usize)
                .collect::<Vec<usize>>()
        };
        let draws: Vec<Vec<usize>> = (0..199).map(|_| draw()).collect();
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
        let median = |scores: &[f64]| ScoreSummary::new(scores).median;
        for (method, name) in [(IntervalMethod::Percentile, "percentile"), (IntervalMethod::Bca, "bca")] {
            let bootstrap = Bootstrap::new(0).with_method(method).with_level(number(&case["level"]));
            let of_mean = bootstrap.interval_of_draws(&scores, mean, &draws).unwrap();
            let of_median = bootstrap.interval_of_draws(&scores, median, &draws).unwrap();
            for (statistic, interval) in [("mean", of_mean), ("median", of_median)] {
                let key = format!("{statistic}_{name}");
                let expected = &case[&key];
                // Where SciPy has no BCa interval, ours must say that it is none.
                assert_eq!(interval.method == method, !expected[0].is_null(), "{key} in {case}");
                agreement.see_all(&key, &[interval.low, interval.high], expected, case);
            }
        }
        let s = ScoreSummary::new(&scores);
        let quartiles = [s.minimum, s.lower_quartile, s.median, s.upper_quartile, s.maximum];
        agreement.see_all("quartiles", &quartiles, &case["quartiles"], case);
        agreement.see("deviation", s.standard_deviation, &case["deviation"], case);
    }
    agreement.tell("intervals", 2400);
}

#[test]
fn paired_tests_are_those_of_scipy() {
    let mut agreement = Agreement::default();
    for case in &cases("paired") {
        let differences: Vec<f64> = row(&case["thousandths"])
            .iter()
            .map(|value| number(value) / 1000.0)
            .collect();
        let found = wilcoxon(&differences);
        agreement.see("statistic", found.statistic, &case["statistic"], case);
        agreement.see("p", found.p_value, &case["p"], case);
        let flips = sign_flip_test(&differences, 9999, 0).unwrap();
        agreement.see("flip_p", flips.p_value, &case["flip_p"], case);
    }
    agreement.tell("paired tests", 500);
}

#[test]
fn curves_and_calibration_are_those_of_scikit_learn() {
    let mut agreement = Agreement::default();
    for case in &cases("curves") {
        let (mut numbers, levels) = (Numbers::of(case), whole(&case["levels"]) as u64);
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for _ in 0..whole(&case["count"]) {
            let score = numbers.below(levels + 1) as f64 / levels as f64;
            scores.push(score as f32);
            truth.push((numbers.below(1000) as f64) < 1000.0 * score * 0.8 + 100.0);
        }
        (truth[0], truth[1]) = (true, false);
        let curve = ThresholdCurve::new(&scores, &truth).unwrap();
        let calibration = Calibration::new(&scores, &truth, whole(&case["bins"])).unwrap();
        let found = [
            ("auc", curve.roc_auc()),
            ("average_precision", curve.average_precision()),
            ("best_dice", curve.best_dice().counts.dice()),
            ("expected", calibration.expected_error()),
            ("maximum", calibration.maximum_error()),
            ("brier", calibration.brier_score()),
        ];
        for (what, found) in found {
            agreement.see(what, found, &case[what], case);
        }
        if case["roc"].is_array() {
            for axis in 0..2 {
                let roc: Vec<f64> = curve.roc().iter().map(|point| point[axis]).collect();
                agreement.see_all("roc", &roc, &case["roc"][axis], case);
                let precision_recall: Vec<f64> = curve.precision_recall().iter().map(|point| point[axis]).collect();
                agreement.see_all(
                    "precision_recall",
                    &precision_recall,
                    &case["precision_recall"][axis],
                    case,
                );
            }
        }
    }
    agreement.tell("curves", 2000);
}
