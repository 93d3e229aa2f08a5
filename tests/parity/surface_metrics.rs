//! Surface metrics are MONAI's; `tests/fixtures/make_surface_metrics.py` makes the fixture.

use serde_json::Value;
use unet_lab::metric::{Pixels, SurfaceDistances};

use crate::masks::{numbers, region};

fn expected(value: &Value) -> f64 {
    match value.as_str() {
        Some("inf") => f64::INFINITY,
        _ => value.as_f64().unwrap_or(f64::NAN),
    }
}

#[test]
fn surface_metrics_are_those_of_monai() {
    let fixture: Value =
        serde_json::from_str(include_str!("../fixtures/surface_metrics.json")).expect("the fixture is JSON");
    let cases = fixture["cases"].as_array().expect("an array");
    assert!(cases.len() >= 240);
    let (mut worst, mut finite, mut infinite, mut nan) = (0.0_f64, 0, 0, 0);
    for case in cases {
        let (prediction, truth) = (region(case, "prediction"), region(case, "truth"));
        let surfaces = SurfaceDistances::new(&prediction, &truth, &numbers(&case["spacing"])).expect("two regions");
        let hausdorff = |percentile| surfaces.hausdorff(percentile).expect("a percentile");
        let directed = |percentile| surfaces.directed_hausdorff(percentile).expect("a percentile");
        let dice = surfaces
            .surface_dice(expected(&case["tolerance"]))
            .expect("a tolerance");
        let table = [
            ("hd100", hausdorff(100.0)),
            ("directed100", directed(100.0)),
            ("assd", surfaces.assd()),
            ("asd", surfaces.directed_asd()),
            ("surface_dice", dice),
            ("hd95", hausdorff(95.0)),
            ("directed95", directed(95.0)),
            ("hd_percentile", hausdorff(expected(&case["percentile"]))),
        ];
        let one_is_empty = prediction.pixels().contains(&true) != truth.pixels().contains(&true);
        for (at, (name, found)) in table.into_iter().enumerate() {
            let mut expected = expected(&case[name]);
            // MONAI interpolates between infinities, which gives NaN.
            if at >= 5 && one_is_empty {
                assert!(expected.is_nan(), "{name}");
                expected = f64::INFINITY;
            }
            if expected.is_finite() {
                worst = worst.max((found - expected).abs());
                finite += 1;
                assert!(
                    (found - expected).abs() <= 1e-5,
                    "{name}: {found}, not {expected}: {case}"
                );
            } else if expected.is_nan() {
                nan += 1;
                assert!(found.is_nan(), "{name}: {found}: {case}");
            } else {
                infinite += 1;
                assert_eq!(found, expected, "{name}: {case}");
            }
        }
    }
    assert!(
        finite >= 8 * 200 && infinite > 0 && nan > 0,
        "{finite} {infinite} {nan}"
    );
    println!("largest difference {worst:e} of {finite} numbers");
}
