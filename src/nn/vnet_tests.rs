//! V-Net, tested.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Norm, Space, VNetConfig, summary};
use crate::device::cpu;

#[test]
fn volumes_and_images_keep_their_size_and_counts_agree() {
    let config = VNetConfig::new(1, 2).with_base_channels(2).with_depth(2);
    let model = config.init(&cpu());
    assert_eq!(
        model.forward(Tensor::<5>::ones([1, 1, 4, 8, 4], &cpu())).dims(),
        [1, 2, 4, 8, 4]
    );
    assert_eq!(summary(&model, [4, 8, 4]).unwrap().parameters(), model.num_params());
    let model = config.with_space(Space::D2).with_norm(Norm::Instance).init(&cpu());
    assert_eq!(
        model.forward(Tensor::<4>::ones([1, 1, 8, 4], &cpu())).dims(),
        [1, 2, 8, 4]
    );
    assert_eq!(summary(&model, [8, 4]).unwrap().parameters(), model.num_params());
}

#[test]
fn the_paper_s_channels() {
    let table = summary(&VNetConfig::new(1, 2).init(&cpu()), [64, 128, 128]).unwrap();
    let channels = |name: &str| table.rows.iter().find(|row| row.name == name).unwrap().shape[0];
    assert_eq!(
        [1, 2, 3, 4, 5].map(|i| channels(&format!("encoder {i}"))),
        [16, 32, 64, 128, 256]
    );
    assert_eq!(
        [4, 3, 2, 1].map(|i| channels(&format!("decoder {i}"))),
        [256, 128, 64, 32]
    );
}

#[test]
fn settings_out_of_range_are_named() {
    assert!(VNetConfig::new(3, 1).try_init(&cpu()).is_err());
    assert!(VNetConfig::new(1, 1).with_depth(5).try_init(&cpu()).is_err());
}
