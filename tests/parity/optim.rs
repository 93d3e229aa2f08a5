//! Optimizers step, gradients are clipped and learning rates fall as in PyTorch.
//!
//! `tests/fixtures/make_optim.py` makes the fixture.

use serde_json::Value;
use unet_lab::burn;
use unet_lab::burn::module::Param;
use unet_lab::burn::optim::GradientsParams;
use unet_lab::burn::tensor::TensorData;
use unet_lab::prelude::*;
use unet_lab::train::{Clip, Optimizer, Schedule};

/// Two layers, so that a norm over all of them differs from each one's.
#[derive(Module, Debug)]
struct Weights {
    first: Param<Tensor<1>>,
    second: Param<Tensor<1>>,
}

fn fixture(area: &str) -> Vec<Value> {
    let mut all: Value = serde_json::from_str(include_str!("../fixtures/optim.json")).expect("the fixture is JSON");
    match all[area].take() {
        Value::Array(cases) => cases,
        _ => panic!("no {area} in the fixture"),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Vec<f32> {
    let values = value.as_array().expect("an array");
    values.iter().map(|v| number(v) as f32).collect()
}

fn tensor(value: &Value) -> Tensor<1> {
    let values = numbers(value);
    let sides = [values.len()];
    Tensor::from_data(TensorData::new(values, sides), &cpu().autodiff())
}

fn optimizer(case: &Value) -> Optimizer {
    let betas = [number(&case["betas"][0]) as f32, number(&case["betas"][1]) as f32];
    let weight_decay = number(&case["decay"]) as f32;
    match case["kind"].as_str() {
        Some("adam") => Optimizer::Adam { betas, epsilon: 1e-7 },
        Some("adamw") => Optimizer::AdamW {
            betas,
            epsilon: 1e-7,
            weight_decay,
        },
        kind => Optimizer::Sgd {
            momentum: number(&case["momentum"]),
            nesterov: kind == Some("nesterov"),
            weight_decay,
        },
    }
}

#[test]
fn optimizers_step_as_in_pytorch() {
    let cases = fixture("optimizers");
    assert!(cases.len() >= 200);
    for (i, case) in cases.iter().enumerate() {
        let mut model = Weights {
            first: Param::from_tensor(tensor(&case["start"][0])),
            second: Param::from_tensor(tensor(&case["start"][1])),
        };
        let limit = number(&case["limit"]) as f32;
        let clip = match case["clip"].as_str() {
            Some("norm") => Some(Clip::Norm(limit)),
            Some("value") => Some(Clip::Value(limit)),
            _ => None,
        };
        let mut optimizer = optimizer(case).init();
        for step in case["steps"].as_array().expect("an array") {
            // The gradient of a sum of products is the other factor.
            let loss = (model.first.val() * tensor(&step[0])).sum() + (model.second.val() * tensor(&step[1])).sum();
            let mut gradients = GradientsParams::from_grads(loss.backward(), &model);
            if let Some(clip) = clip {
                gradients = clip.apply(&model, gradients);
            }
            model = optimizer.step(number(&case["rate"]), model, gradients);
        }
        for (found, expected) in [(&model.first, &case["end"][0]), (&model.second, &case["end"][1])] {
            let found: Vec<f32> = found.val().into_data().try_to_vec().expect("f32");
            for (found, expected) in found.iter().zip(numbers(expected)) {
                assert!(
                    (found - expected).abs() < 1e-5,
                    "case {i}, {}: {found} {expected}",
                    case["kind"]
                );
            }
        }
    }
}

#[test]
fn rates_fall_as_in_pytorch() {
    let cases = fixture("schedules");
    assert!(cases.len() >= 200);
    for (i, case) in cases.iter().enumerate() {
        let count = |name: &str| number(&case[name]) as usize;
        let (factor, last_share) = (number(&case["factor"]), number(&case["last"]));
        let schedule = match case["kind"].as_str() {
            Some("poly") => Schedule::Poly {
                power: number(&case["power"]),
            },
            Some("cosine") => Schedule::Cosine { last_share },
            Some("step") => Schedule::Step {
                every: count("every"),
                factor,
            },
            Some("plateau") => Schedule::Plateau {
                patience: count("patience"),
                factor,
                last_share,
            },
            _ => Schedule::Constant,
        };
        let losses = numbers(&case["losses"]);
        for (epoch, expected) in case["rates"].as_array().expect("an array").iter().enumerate() {
            let rate = number(&case["rate"]);
            let found = schedule.rate_after(count("warm_up"), rate, epoch, count("epochs"), &losses[..epoch]);
            let expected = number(expected);
            assert!(
                (found - expected).abs() < 1e-5,
                "case {i}, epoch {epoch}: {found} {expected} {case}"
            );
        }
    }
}
