//! Blocks and whole networks compute what PyTorch computes: outputs in training and prediction mode, the gradients of
//! all parameters and inputs, and the running averages after a step.
//!
//! `tests/fixtures/make_blocks.py` makes the fixtures.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use unet_lab::burn::module::{Module, ModuleVisitor, Param};
use unet_lab::burn::tensor::{Gradients, TensorData};
use unet_lab::nn::{
    Activation, DilatedBottleneck, DoubleConv, DoubleConvConfig, Down, DownConfig, Network, NetworkConfig, Norm,
    Segmenter, Space, Up, UpConfig,
};
use unet_lab::prelude::{Device, Tensor, cpu};
use unet_lab::weights::{Array, Weights};

/// Largest relative error of a tensor as a whole (of the vector's length), and of each value but for a floor.
const RELATIVE: f32 = 1e-4;
/// The floor, as a share of the largest value of the tensor: small gradients are differences of large numbers.
const FLOOR: f32 = 1e-4;

/// Anything that the fixtures hold.
#[allow(clippy::large_enum_variant)]
enum Part {
    Double(DoubleConv),
    Down(Down),
    Up(Up),
    Dilated(DilatedBottleneck),
    Network(Network),
}

impl Part {
    fn new(kind: &str, config: Value, device: &Device) -> Self {
        fn read<T: serde::de::DeserializeOwned>(config: Value) -> T {
            serde_json::from_value(config).expect("the fixture's configuration is the library's")
        }
        match kind {
            "double" => Self::Double(read::<DoubleConvConfig>(config).init(device)),
            "down" => Self::Down(read::<DownConfig>(config).init(device)),
            "up" => Self::Up(read::<UpConfig>(config).init(device)),
            "dilated" => {
                let field = |name: &str| config[name].clone();
                let kind: (Norm, Activation) = (read(field("norm")), read(field("activation")));
                let (space, channels): (Space, usize) = (read(field("space")), read(field("channels")));
                let dilations: Vec<usize> = read(field("dilations"));
                Self::Dilated(DilatedBottleneck::new(space, channels, &dilations, kind, 1, device))
            }
            "network" => Self::Network(read::<NetworkConfig>(config).try_init(device).expect("a network")),
            other => panic!("no part {other}"),
        }
    }

    fn forward<const D: usize>(&self, inputs: &[Tensor<D>]) -> Tensor<D> {
        let x = inputs[0].clone();
        match self {
            Self::Double(part) => part.forward(x),
            Self::Down(part) => part.forward(x).1,
            Self::Up(part) => part.forward(x, inputs[1].clone()),
            Self::Dilated(part) => part.forward(x),
            Self::Network(part) => part.forward_logits(x),
        }
    }

    fn load(self, weights: &Weights) -> Self {
        let problem = "the fixture's layers are the library's";
        match self {
            Self::Double(part) => Self::Double(weights.load_into(part).expect(problem)),
            Self::Down(part) => Self::Down(weights.load_into(part).expect(problem)),
            Self::Up(part) => Self::Up(weights.load_into(part).expect(problem)),
            Self::Dilated(part) => Self::Dilated(weights.load_into(part).expect(problem)),
            Self::Network(part) => Self::Network(weights.load_into(part).expect(problem)),
        }
    }

    fn weights(&self) -> BTreeMap<String, Array> {
        match self {
            Self::Double(part) => Weights::of(part),
            Self::Down(part) => Weights::of(part),
            Self::Up(part) => Weights::of(part),
            Self::Dilated(part) => Weights::of(part),
            Self::Network(part) => Weights::of(part),
        }
        .arrays
    }

    fn gradients(&self, gradients: &Gradients) -> BTreeMap<String, Vec<f32>> {
        let mut visitor = GradientVisitor {
            place: Vec::new(),
            gradients,
            found: BTreeMap::new(),
        };
        match self {
            Self::Double(part) => part.visit(&mut visitor),
            Self::Down(part) => part.visit(&mut visitor),
            Self::Up(part) => part.visit(&mut visitor),
            Self::Dilated(part) => part.visit(&mut visitor),
            Self::Network(part) => part.visit(&mut visitor),
        }
        visitor.found
    }
}

/// Gradients by the names that files have.
struct GradientVisitor<'a> {
    place: Vec<String>,
    gradients: &'a Gradients,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for GradientVisitor<'_> {
    fn enter_module(&mut self, name: &str, kind: &str) {
        if !kind.starts_with("Enum:") {
            self.place.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _: &str, kind: &str) {
        if !kind.starts_with("Enum:") {
            self.place.pop();
        }
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(self.gradients) {
            self.found
                .insert(self.place.join("."), gradient.into_data().iter::<f32>().collect());
        }
    }
}

/// The arrays of one case by the rest of their names.
struct Case<'a> {
    name: &'a str,
    arrays: BTreeMap<&'a str, &'a Array>,
}

impl<'a> Case<'a> {
    fn of(name: &'a str, all: &'a Weights) -> Self {
        let own = all.arrays.iter().filter_map(|(key, array)| {
            let (case, rest) = key.split_once('/')?;
            (case == name).then_some((rest, array))
        });
        Self {
            name,
            arrays: own.collect(),
        }
    }

    fn group(&self, group: &str) -> BTreeMap<String, &'a Array> {
        let own = self.arrays.iter().filter_map(|(key, &array)| {
            let rest = key.strip_prefix(group)?.strip_prefix('/')?;
            Some((rest.to_owned(), array))
        });
        own.collect()
    }

    fn tensor<const D: usize>(array: &Array, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(array.values.clone(), array.shape.clone()), device)
    }

    /// Compares and gives the relative error of the whole.
    fn compare(&self, what: &str, found: &[f32], expected: &Array, floor: f32) -> f32 {
        let (name, expected) = (self.name, &expected.values[..]);
        assert_eq!(found.len(), expected.len(), "{name}: {what}");
        let largest = expected.iter().fold(floor, |most, value| most.max(value.abs()));
        let (mut error, mut size) = (0.0, 0.0);
        for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            let difference = (found - expected).abs();
            assert!(
                difference <= RELATIVE * expected.abs() + FLOOR * largest,
                "{name}: {what}[{i}] is {found}, in PyTorch {expected}; the largest is {largest}"
            );
            error += f64::from(difference).powi(2);
            size += f64::from(expected).powi(2);
        }
        let size = size.max(f64::from(floor).powi(2) * found.len() as f64);
        let relative = (error / size.max(f64::MIN_POSITIVE)).sqrt() as f32;
        assert!(relative <= RELATIVE, "{name}: {what} differs by {relative:e}");
        relative
    }

    /// The largest relative errors: of the outputs, and of the gradients.
    fn check<const D: usize>(&self, kind: &str, config: &Value) -> [f32; 2] {
        let mut weights = Weights::read(fixture("blocks")).expect("a fixture");
        weights.arrays = self.group("param").into_iter().map(|(k, v)| (k, v.clone())).collect();

        let values = |x: Tensor<D>| x.into_data().iter::<f32>().collect::<Vec<f32>>();
        let part = |device: &Device| Part::new(kind, config.clone(), device).load(&weights);
        let inputs = |device: &Device| -> Vec<Tensor<D>> {
            self.group("input")
                .values()
                .map(|array| Self::tensor(array, device))
                .collect()
        };
        let prediction = self.arrays.get("eval").unwrap_or(&self.arrays["output"]);
        let found = values(part(&cpu()).forward(&inputs(&cpu())));
        let mut output = self.compare("the prediction", &found, prediction, 0.0);

        let device = cpu().autodiff();
        let training = part(&device);
        let inputs: Vec<Tensor<D>> = inputs(&device).into_iter().map(Tensor::require_grad).collect();
        let result = training.forward(&inputs);
        let error = self.compare("the output", &values(result.clone()), self.arrays["output"], 0.0);
        output = output.max(error);

        let mut gradient: f32 = 0.0;
        if let Some(pull) = self.arrays.get("pull") {
            let gradients = (result * Self::tensor(pull, &device)).sum().backward();
            let expected = self.group("grad");
            // A gradient that is far below the others is a difference of large numbers.
            let all = expected.values().flat_map(|array| &array.values);
            let floor = 1e-3 * all.fold(0f32, |most, value| most.max(value.abs()));
            let found = training.gradients(&gradients);
            assert_eq!(
                found.keys().collect::<Vec<_>>(),
                expected.keys().collect::<Vec<_>>(),
                "{}",
                self.name
            );
            for (name, expected) in expected {
                let what = format!("the gradient of {name}");
                gradient = gradient.max(self.compare(&what, &found[&name], expected, floor));
            }
            for (i, expected) in self.group("input_grad") {
                let x = &inputs[i.parse::<usize>().expect("a number")];
                let found = values(Tensor::<D>::from_data(
                    x.grad(&gradients).expect("a gradient").into_data(),
                    &cpu(),
                ));
                let what = format!("the gradient of input {i}");
                gradient = gradient.max(self.compare(&what, &found, expected, 0.0));
            }
        }
        let averages = training.weights();
        for (name, expected) in self.group("after") {
            let what = format!("{name} after the step");
            self.compare(&what, &averages[&name].values, expected, 0.0);
        }
        [output, gradient]
    }
}

fn fixture(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(format!("{name}.safetensors"))
}

fn check_all(file: &str, count: usize) {
    let all = Weights::read(fixture(file)).expect("a fixture");
    assert_eq!(all.metadata.len(), count);
    let mut worst = [0f32; 2];
    for (name, text) in &all.metadata {
        let description: Value = serde_json::from_str(text).expect("JSON");
        let (kind, config) = (description["kind"].as_str().expect("a kind"), &description["config"]);
        let case = Case::of(name, &all);
        let errors = match case.arrays["input/0"].shape.len() {
            4 => case.check::<4>(kind, config),
            _ => case.check::<5>(kind, config),
        };
        println!("{name}: output {:e}, gradients {:e}", errors[0], errors[1]);
        worst = [worst[0].max(errors[0]), worst[1].max(errors[1])];
    }
    println!(
        "{file}: largest relative error of outputs {:e}, of gradients {:e}",
        worst[0], worst[1]
    );
}

#[test]
fn blocks_compute_what_pytorch_computes() {
    check_all("blocks", 59);
}

#[test]
fn networks_compute_what_pytorch_computes() {
    check_all("models", 10);
}
