use super::compare_paired;

#[test]
fn sentences_say_what_was_found() {
    let first = [0.81, 0.78, 0.85, 0.80, 0.74, 0.83, 0.79, 0.82];
    let second = [0.84, 0.80, 0.86, 0.83, 0.79, 0.82, 0.83, 0.85];
    let found = compare_paired(&first, &second, 1).unwrap();
    assert_eq!((found.cases, found.higher_lower_equal), (8, [7, 1, 0]));
    assert!((found.median_difference - 0.03).abs() < 1e-9);
    assert!(found.is_significant() && found.difference.low > 0.0);
    let text = found.with_names("A", "B").with_measure("dice").to_string();
    assert!(
        text.starts_with("Dice of B is on average 0.025 higher than of A over 8 cases (0.828 and 0.802;"),
        "{text}"
    );
    assert!(
        text.contains("It is higher in 7, lower in 1 and equal in 0. Chance alone would rarely give"),
        "{text}"
    );
    assert!(text.ends_with(")."), "{text}");
}

#[test]
fn the_other_way_round_is_lower() {
    let (first, second) = ([3.0, 4.0, 5.0, 6.5], [2.0, 4.5, 4.0, 5.0]);
    let found = compare_paired(&first, &second, 1).unwrap();
    let turned = compare_paired(&second, &first, 1).unwrap();
    assert_eq!(found.difference.estimate, -turned.difference.estimate);
    assert_eq!(found.wilcoxon, turned.wilcoxon);
    assert_eq!(found.sign_flip, turned.sign_flip);
    let text = found.to_string();
    assert!(
        text.starts_with("The score of the second model is on average 0.750 lower"),
        "{text}"
    );
    assert!(text.contains("Chance alone could give"), "{text}");
    assert!(
        text.ends_with("With fewer than 6 cases neither test can fall below p = 0.05."),
        "{text}"
    );
}

#[test]
fn missing_pairs_are_left_out_and_told() {
    let first = [0.5, f64::NAN, 0.7, 0.6];
    let second = [0.5, 0.9, f64::NAN, 0.6];
    let found = compare_paired(&first, &second, 1).unwrap();
    assert_eq!((found.cases, found.missing, found.first.cases), (2, 2, 2));
    let text = found.to_string();
    assert!(
        text.starts_with("The score of the second model is on average equal to that of the first"),
        "{text}"
    );
    assert!(text.ends_with("2 cases without both scores were left out."), "{text}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let error = compare_paired(&[1.0, 2.0], &[1.0], 0).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("2 scores of the first model but 1 of the second"),
        "{error}"
    );
    let error = compare_paired(&[1.0, f64::INFINITY], &[1.0, 2.0], 0).unwrap_err();
    assert!(error.to_string().contains("first model is inf in case 1"), "{error}");
    assert!(compare_paired(&[1.0, f64::NAN], &[1.0, 2.0], 0).is_err());
}
