//! U-Net++, tested.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Norm, Space, UNetPlusPlusConfig, summary};
use crate::device::cpu;

#[test]
fn a_triangle_of_blocks_counts_as_its_module() {
    for (norm, deep) in [(Norm::None, true), (Norm::Instance, false)] {
        let config = UNetPlusPlusConfig::new(2, 3).with_base_channels(4).with_norm(norm);
        let model = config.with_deep_supervision(deep).init(&cpu());
        let nodes: Vec<usize> = model.columns.iter().map(|column| column.nodes.len()).collect();
        assert_eq!((model.encoders.len(), nodes), (5, vec![4, 3, 2, 1]));
        assert_eq!(summary(&model, [32, 16]).unwrap().parameters(), model.num_params());
        let outputs = model.forward_deep(Tensor::<4>::ones([1, 2, 32, 16], &cpu()));
        assert_eq!(outputs.len(), if deep { 4 } else { 1 });
        assert!(outputs.iter().all(|output| output.dims() == [1, 3, 32, 16]));
    }
}

#[test]
fn volumes_pass_and_odd_ones_are_refused() {
    let config = UNetPlusPlusConfig::new(1, 1).with_base_channels(2).with_depth(2);
    let model = config.with_space(Space::D3).init(&cpu());
    assert_eq!(
        model.forward(Tensor::<5>::ones([1, 1, 4, 4, 8], &cpu())).dims(),
        [1, 1, 4, 4, 8]
    );
    let error = summary(&model, [4, 6, 8]).unwrap_err().to_string();
    assert!(error.contains("6") && error.contains("4 or 8"), "{error}");
}
