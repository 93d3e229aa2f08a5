//! The layers of a network by name, without the names of enum variants.

use std::collections::BTreeMap;

use burn::module::{Flag, Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use super::set::Array;

/// Where a walk through a network is.
#[derive(Default)]
struct Place(Vec<String>);

impl Place {
    fn enter(&mut self, name: &str, kind: &str) {
        if !kind.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    fn leave(&mut self, kind: &str) {
        if !kind.starts_with("Enum:") {
            self.0.pop();
        }
    }

    fn name(&self) -> String {
        self.0.join(".")
    }
}

/// Names and shapes; nothing is drawn.
pub(super) fn shapes<M: Module>(model: &M) -> BTreeMap<String, Vec<usize>> {
    struct Shapes(Place, BTreeMap<String, Vec<usize>>);

    impl ModuleVisitor for Shapes {
        fn enter_module(&mut self, name: &str, kind: &str) {
            self.0.enter(name, kind);
        }

        fn exit_module(&mut self, _: &str, kind: &str) {
            self.0.leave(kind);
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.insert(self.0.name(), param.lazy_shape().to_vec());
        }
    }

    let mut shapes = Shapes(Place::default(), BTreeMap::new());
    model.visit(&mut shapes);
    shapes.1
}

/// Names and values.
pub(super) fn arrays<M: Module>(model: &M) -> BTreeMap<String, Array> {
    struct Arrays(Place, BTreeMap<String, Array>);

    impl ModuleVisitor for Arrays {
        fn enter_module(&mut self, name: &str, kind: &str) {
            self.0.enter(name, kind);
        }

        fn exit_module(&mut self, _: &str, kind: &str) {
            self.0.leave(kind);
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            let array = Array {
                shape: tensor.dims().to_vec(),
                values: tensor.into_data().iter::<f32>().collect(),
            };
            self.1.insert(self.0.name(), array);
        }
    }

    let mut arrays = Arrays(Place::default(), BTreeMap::new());
    // Running averages of a batch normalisation are complete in this form only.
    model.valid().visit(&mut arrays);
    arrays.1
}

/// Puts every array whose name and shape fit in its place.
pub(super) fn load<M: Module>(model: M, arrays: &BTreeMap<String, Array>) -> M {
    struct Loader<'a>(Place, &'a BTreeMap<String, Array>);

    impl ModuleMapper for Loader<'_> {
        fn enter_module(&mut self, name: &str, kind: &str) {
            self.0.enter(name, kind);
        }

        fn exit_module(&mut self, _: &str, kind: &str) {
            self.0.leave(kind);
        }

        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match self.1.get(&self.0.name()) {
                Some(array) if array.shape == param.lazy_shape().to_vec() => {
                    let data = TensorData::new(array.values.clone(), array.shape.clone());
                    let tensor = Tensor::from_data(data, &param.lazy_device());
                    let id = param.id;
                    param.transform_for_load(tensor, id)
                }
                _ => param,
            }
        }
    }

    model.map(&mut Loader(Place::default(), arrays))
}

/// Freezes the layers whose names begin with one of the parts, and tells how many these are.
pub(super) fn freeze<M: Module>(model: M, parts: &[&str]) -> (M, usize) {
    struct Freezer<'a>(Place, &'a [&'a str], usize);

    impl Freezer<'_> {
        fn inside(&self) -> bool {
            let name = self.0.name();
            self.1.iter().any(|part| {
                let rest = name.strip_prefix(part);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        }
    }

    impl ModuleMapper for Freezer<'_> {
        fn enter_module(&mut self, name: &str, kind: &str) {
            self.0.enter(name, kind);
        }

        fn exit_module(&mut self, _: &str, kind: &str) {
            self.0.leave(kind);
        }

        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match self.inside() {
                true => {
                    self.2 += 1;
                    param.set_require_grad(false)
                }
                false => param,
            }
        }

        fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
            match self.inside() {
                true => flag.with_value(false),
                false => flag,
            }
        }
    }

    let mut freezer = Freezer(Place::default(), parts, 0);
    let model = model.map(&mut freezer);
    (model, freezer.2)
}
