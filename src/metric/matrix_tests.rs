use burn::tensor::{Int, Tensor};

use super::{ClassSet, ClassWeight, Confusion, ConfusionMatrix};
use crate::data::LabelMap;
use crate::device::cpu;

fn map(labels: &[u32]) -> LabelMap {
    LabelMap::new(labels.to_vec(), &[1, labels.len()]).unwrap()
}

fn matrix(prediction: &[u32], truth: &[u32], classes: usize) -> ConfusionMatrix {
    ConfusionMatrix::new(&map(prediction), &map(truth), classes).unwrap()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn known_answers() {
    let m = matrix(&[0, 0, 1, 1, 2, 2, 2, 0], &[0, 0, 1, 2, 2, 2, 1, 1], 3);
    assert_eq!(
        m.of(1),
        Confusion {
            tp: 1,
            fp: 1,
            fn_: 2,
            tn: 4
        }
    );
    assert_eq!(m.per_class(Confusion::recall), [1.0, 1.0 / 3.0, 2.0 / 3.0]);
    close(
        m.mean(Confusion::iou, ClassSet::All),
        (2.0 / 3.0 + 1.0 / 4.0 + 1.0 / 2.0) / 3.0,
    );
    close(m.mean(Confusion::iou, ClassSet::Foreground), 0.375);
    close(m.accuracy(), 5.0 / 8.0);
    close(m.balanced_accuracy(), 2.0 / 3.0);
    close(
        m.frequency_weighted_iou(),
        (2.0 * 2.0 / 3.0 + 3.0 / 4.0 + 3.0 / 2.0) / 8.0,
    );
    let chance = (3.0 * 2.0 + 2.0 * 3.0 + 3.0 * 3.0) / 64.0;
    close(m.kappa(), (5.0 / 8.0 - chance) / (1.0 - chance));
    close(m.mcc(), (40.0 - 21.0) / (64.0f64 - 22.0));
}

#[test]
fn two_classes_are_the_binary_confusion() {
    let m = matrix(&[1, 1, 1, 0, 0, 0, 1], &[1, 1, 0, 1, 0, 0, 1], 2);
    let one = m.of(1);
    assert_eq!(
        one,
        Confusion {
            tp: 3,
            fp: 1,
            fn_: 1,
            tn: 2
        }
    );
    assert_eq!(
        (m.kappa(), m.mcc(), m.accuracy()),
        (one.kappa(), one.mcc(), one.accuracy())
    );
    assert_eq!(
        m.generalized_dice(ClassWeight::InverseSquare, ClassSet::Foreground),
        one.dice()
    );
}

#[test]
fn absent_classes_follow_the_rule() {
    // class 2 is nowhere: right; class 3 is only predicted: wrong
    let m = matrix(&[0, 1, 3, 1], &[0, 1, 1, 1], 4);
    assert_eq!(m.per_class(Confusion::dice), [1.0, 0.8, 1.0, 0.0]);
    assert_eq!(m.mean(Confusion::dice, ClassSet::ForegroundInTruth), 0.8);
    assert_eq!(m.balanced_accuracy(), (1.0 + 2.0 / 3.0) / 2.0);
    assert!(
        matrix(&[0], &[0], 1)
            .mean(Confusion::dice, ClassSet::Foreground)
            .is_nan()
    );
}

#[test]
fn one_class_only_and_no_pixels() {
    let m = matrix(&[0, 0], &[0, 0], 3);
    assert_eq!(
        [
            m.accuracy(),
            m.kappa(),
            m.mcc(),
            m.balanced_accuracy(),
            m.frequency_weighted_iou()
        ],
        [1.0; 5]
    );
    let wrong = matrix(&[1, 1], &[0, 0], 3);
    assert_eq!([wrong.accuracy(), wrong.kappa(), wrong.mcc()], [0.0; 3]);
    assert_eq!(wrong.generalized_dice(ClassWeight::Inverse, ClassSet::Foreground), 0.0);
    assert_eq!(m.generalized_dice(ClassWeight::Inverse, ClassSet::Foreground), 1.0);
    let none = LabelMap::new(vec![], &[0, 4]).unwrap();
    let none = ConfusionMatrix::new(&none, &none, 2).unwrap();
    assert_eq!(
        [none.accuracy(), none.kappa(), none.mcc(), none.balanced_accuracy()],
        [1.0; 4]
    );
}

#[test]
fn tensors_go_by_the_highest_score() {
    // [1, 3, 1, 2]: pixel 0 is class 2, pixel 1 is a tie of 0 and 1
    let scores = Tensor::<4>::from_data([[[[0.1, 0.4]], [[0.2, 0.4]], [[0.9, -3.0]]]], &cpu());
    let one_hot = Tensor::<4>::from_data([[[[0.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]]]], &cpu());
    let found = ConfusionMatrix::from_scores(scores.clone(), one_hot).unwrap();
    assert_eq!(found, matrix(&[2, 0], &[2, 1], 3));
    let labels = Tensor::<4, Int>::from_data([[[[2, 1]]]], &cpu());
    assert_eq!(
        ConfusionMatrix::from_scores_and_labels(scores.clone(), labels).unwrap(),
        found
    );
    let outside = Tensor::<4, Int>::from_data([[[[2, -1]]]], &cpu());
    let error = ConfusionMatrix::from_scores_and_labels(scores.clone(), outside).unwrap_err();
    assert!(
        error.to_string().starts_with("the truth has label -1 at [0, 0, 1]"),
        "{error}"
    );
    let error = ConfusionMatrix::from_scores_and_labels(scores.clone(), Tensor::zeros([1, 3, 1, 2], &cpu()));
    assert!(error.unwrap_err().to_string().contains("[1, 1, 1, 2]"));
    let nan = ConfusionMatrix::from_scores(scores.clone() / 0.0 * 0.0, scores).unwrap_err();
    assert!(nan.to_string().contains("the scores are NaN at [0, 0, 0, 0]"), "{nan}");
}

#[test]
fn labels_outside_the_classes_are_named() {
    let truth = LabelMap::new(vec![0, 1, 2, 7, 1, 7], &[2, 3]).unwrap();
    let prediction = LabelMap::new(vec![0; 6], &[2, 3]).unwrap();
    let error = ConfusionMatrix::new(&prediction, &truth, 3).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the truth has label 7 at [1, 0], but with 3 classes the labels are 0 to 2; 2 of 6 pixels are outside. Pass the \
         number of classes that the labels need, or map the labels first"
    );
    assert!(ConfusionMatrix::new(&prediction, &map(&[0; 6]), 3).is_err());
    assert!(ConfusionMatrix::new(&prediction, &truth, 0).is_err());
}

#[test]
fn matrices_add_up_and_print() {
    let mut sum = matrix(&[0, 1], &[0, 1], 2);
    sum.add(&matrix(&[1, 1, 0], &[0, 1, 0], 2)).unwrap();
    assert_eq!((sum.total(), sum.count(0, 1), sum.count(1, 1)), (5, 1, 2));
    assert!(sum.add(&matrix(&[0], &[0], 3)).is_err());
    assert!(sum.clone().with_names(&["only one"]).is_err());
    let table = sum.with_names(&["background", "liver"]).unwrap().to_string();
    let liver = table.lines().find(|line| line.starts_with("liver")).unwrap();
    let cells: Vec<&str> = liver.split_whitespace().collect();
    assert_eq!(
        cells,
        ["liver", "2", "0.6667", "1.0000", "0.6667", "0.8333", "0.8000", "0.6667"]
    );
    assert!(table.lines().last().unwrap().starts_with("accuracy 0.8000"), "{table}");
}
