//! Filters along one axis of a tensor of any rank, as a product with a matrix.

use burn::tensor::{Device, Tensor, TensorData};

/// `x` with each line along `axis` replaced by its product with `matrix`, `[side, new side]`.
pub(super) fn along<const D: usize>(x: Tensor<D>, axis: usize, matrix: Tensor<2>) -> Tensor<D> {
    let [side, new] = matrix.dims();
    let x = x.swap_dims(axis, D - 1);
    let mut shape = x.dims();
    let lines = shape[..D - 1].iter().product::<usize>();
    shape[D - 1] = new;
    x.reshape([lines, side])
        .matmul(matrix)
        .reshape(shape)
        .swap_dims(axis, D - 1)
}

/// A matrix `[side, new side]` from its elements.
pub(super) fn matrix(side: usize, new: usize, device: &Device, at: impl Fn(usize, usize) -> f32) -> Tensor<2> {
    let at = &at;
    let values: Vec<f32> = (0..side).flat_map(|i| (0..new).map(move |j| at(i, j))).collect();
    Tensor::from_data(TensorData::new(values, [side, new]), device)
}
