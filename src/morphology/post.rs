//! [`PostProcess`]: what is done to a predicted mask after the network.

use serde::{Deserialize, Serialize};

use super::{
    Connectivity, Element, close, dilate, erode, fill_holes, keep_largest, open, remove_small, remove_small_mm,
};
use crate::data::{LabelMap, Region};
use crate::metric::Pixels;

/// A chain of steps that clean a predicted mask, done in the order in which they are written.
///
/// The order matters: `fill_holes().keep_largest()` counts the holes' voxels into the sizes,
/// `keep_largest().fill_holes()` does not. A chain is a setting: it can be stored beside the network whose predictions
/// it was chosen for (on the validation images, never on the test images). An empty chain changes nothing.
///
/// ```
/// use unet_lab::data::Region;
/// use unet_lab::morphology::PostProcess;
///
/// // a ring of 8 voxels and a speck
/// let inside = (0..30).map(|i| i == 29 || (i / 6 < 3 && i % 6 < 3 && i != 7));
/// let predicted = Region::new(inside.collect(), &[5, 6])?;
/// let clean = PostProcess::new().keep_largest().min_size(5).fill_holes().open(1).apply(&predicted);
/// assert_eq!(clean.count(), 5);
/// # Ok::<(), unet_lab::error::LabError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostProcess {
    steps: Vec<PostStep>,
    connectivity: Connectivity,
}

/// One step of [`PostProcess`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PostStep {
    /// [`keep_largest`]
    KeepLargest,
    /// [`remove_small`], in voxels
    MinSize(usize),
    /// [`remove_small_mm`], in mm^2 or mm^3
    MinSizeMm(f64),
    /// [`fill_holes`]
    FillHoles,
    /// [`erode`]
    Erode(Element),
    /// [`dilate`]
    Dilate(Element),
    /// [`open`]
    Open(Element),
    /// [`close`]
    Close(Element),
}

impl PostProcess {
    /// Without steps; components hang together over faces.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which neighbours hang together, for [`keep_largest`](Self::keep_largest) and [`min_size`](Self::min_size),
    /// wherever they stand in the chain.
    pub fn with_connectivity(self, connectivity: Connectivity) -> Self {
        Self { connectivity, ..self }
    }

    /// Then any other step.
    pub fn then(mut self, step: PostStep) -> Self {
        self.steps.push(step);
        self
    }

    /// Then only the component with most voxels.
    pub fn keep_largest(self) -> Self {
        self.then(PostStep::KeepLargest)
    }

    /// Then without components of fewer voxels.
    pub fn min_size(self, voxels: usize) -> Self {
        self.then(PostStep::MinSize(voxels))
    }

    /// Then without components smaller than `size` in mm^3 (mm^2 in 2-D).
    pub fn min_size_mm(self, size: f64) -> Self {
        self.then(PostStep::MinSizeMm(size))
    }

    /// Then with holes filled.
    pub fn fill_holes(self) -> Self {
        self.then(PostStep::FillHoles)
    }

    /// Then opened by a ball of a radius in voxels.
    pub fn open(self, radius: usize) -> Self {
        self.then(PostStep::Open(Element::Ball(radius)))
    }

    /// Then closed by a ball of a radius in voxels.
    pub fn close(self, radius: usize) -> Self {
        self.then(PostStep::Close(Element::Ball(radius)))
    }

    /// Then eroded by a ball of a radius in voxels.
    pub fn erode(self, radius: usize) -> Self {
        self.then(PostStep::Erode(Element::Ball(radius)))
    }

    /// Then dilated by a ball of a radius in voxels.
    pub fn dilate(self, radius: usize) -> Self {
        self.then(PostStep::Dilate(Element::Ball(radius)))
    }

    /// The steps, in their order.
    pub fn steps(&self) -> &[PostStep] {
        &self.steps
    }

    /// The region after all steps.
    pub fn apply(&self, region: &Region) -> Region {
        let step = |region: Region, step: &PostStep| match *step {
            PostStep::KeepLargest => keep_largest(&region, self.connectivity),
            PostStep::MinSize(voxels) => remove_small(&region, voxels, self.connectivity),
            PostStep::MinSizeMm(size) => remove_small_mm(&region, size, self.connectivity),
            PostStep::FillHoles => fill_holes(&region),
            PostStep::Erode(element) => erode(&region, element),
            PostStep::Dilate(element) => dilate(&region, element),
            PostStep::Open(element) => open(&region, element),
            PostStep::Close(element) => close(&region, element),
        };
        self.steps.iter().fold(region.clone(), step)
    }

    /// Each class (every label above 0) after all steps, on its own.
    ///
    /// A class loses what the steps take from it, to the background. It gains only voxels that were background before
    /// the first step, so that no class grows over another: a tumour in a liver is no hole of the liver. Where two
    /// classes would gain a voxel, the one with the lower label does.
    pub fn apply_classes(&self, map: &LabelMap) -> LabelMap {
        let mut classes = map.data().to_vec();
        classes.sort_unstable();
        classes.dedup();
        classes.retain(|&class| class > 0);
        self.apply_to(map, &classes)
    }

    /// As [`apply_classes`](Self::apply_classes), for one class; the others stay as they are.
    pub fn apply_class(&self, map: &LabelMap, class: u32) -> LabelMap {
        self.apply_to(map, &[class])
    }

    fn apply_to(&self, map: &LabelMap, classes: &[u32]) -> LabelMap {
        let mut result = map.clone();
        for &class in classes {
            let after = self.apply(&map.only(class));
            let voxels = result.labels_mut().iter_mut().zip(map.data()).zip(after.pixels());
            for ((label, &before), &after) in voxels {
                if before == class && !after {
                    *label = 0;
                } else if before == 0 && *label == 0 && after {
                    *label = class;
                }
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: &[&str]) -> LabelMap {
        let labels = rows
            .iter()
            .flat_map(|row| row.chars().map(|c| c.to_digit(10).unwrap_or(0)));
        LabelMap::new(labels.collect(), &[rows.len(), rows[0].len()]).unwrap()
    }

    #[test]
    fn steps_are_done_in_their_order() {
        let map = drawn(&["111...11", "1.1...11", "1.1...11", "111...11"]);
        let region = map.only(1);
        // The ring has 10 voxels, 12 when filled; the bar 8.
        let filled_first = PostProcess::new().fill_holes().min_size(11).apply(&region);
        let filled_last = PostProcess::new().min_size(11).fill_holes().apply(&region);
        assert_eq!((filled_first.count(), filled_last.count()), (12, 0));
        let chain = PostProcess::new().keep_largest().fill_holes();
        assert_eq!(chain.steps(), [PostStep::KeepLargest, PostStep::FillHoles]);
        assert_eq!(chain.apply(&region).count(), 12);
        assert_eq!(PostProcess::new().apply(&region), region);
    }

    #[test]
    fn every_step_does_what_its_function_does() {
        let region = drawn(&["1111..1", "1.11...", "1111.11", "1111.11", "......."]).only(1);
        let region = region.with_spacing(&[0.5, 2.0]).unwrap();
        let (ball, faces) = (Element::Ball(1), Connectivity::Faces);
        let table = [
            (PostProcess::new().keep_largest(), keep_largest(&region, faces)),
            (PostProcess::new().min_size(4), remove_small(&region, 4, faces)),
            (
                PostProcess::new().min_size_mm(4.5),
                remove_small_mm(&region, 4.5, faces),
            ),
            (PostProcess::new().fill_holes(), fill_holes(&region)),
            (PostProcess::new().erode(1), erode(&region, ball)),
            (PostProcess::new().dilate(1), dilate(&region, ball)),
            (PostProcess::new().open(1), open(&region, ball)),
            (PostProcess::new().close(1), close(&region, ball)),
        ];
        for (chain, expected) in table {
            assert_eq!(chain.apply(&region), expected, "{chain:?}");
            assert_ne!(expected.pixels(), region.pixels(), "{chain:?} changes nothing here");
        }
    }

    #[test]
    fn classes_do_not_grow_over_each_other() {
        let map = drawn(&["11111", "12.11", "1.111", "11111", "....2"]);
        let filled = PostProcess::new().fill_holes().apply_classes(&map);
        assert_eq!(filled, drawn(&["11111", "12111", "11111", "11111", "....2"]));
        let largest = PostProcess::new().keep_largest().apply_classes(&map);
        assert_eq!(largest, drawn(&["11111", "12.11", "1.111", "11111", "....."]));
        let one = PostProcess::new().keep_largest().fill_holes().apply_class(&map, 1);
        assert_eq!(one, filled);
        let contested = drawn(&["1.2"]);
        assert_eq!(PostProcess::new().dilate(1).apply_classes(&contested), drawn(&["112"]));
    }

    #[test]
    fn corners_hang_together_when_asked() {
        let region = drawn(&["1..", ".1.", "..."]).only(1);
        let chain = PostProcess::new().keep_largest();
        assert_eq!(chain.apply(&region).count(), 1);
        assert_eq!(chain.with_connectivity(Connectivity::Full).apply(&region).count(), 2);
    }

    #[test]
    fn a_chain_is_stored_and_read_back() {
        let chain = PostProcess::new().keep_largest().min_size(50).fill_holes().open(1);
        let text = serde_json::to_string(&chain).unwrap();
        assert_eq!(
            text,
            r#"{"steps":["KeepLargest",{"MinSize":50},"FillHoles",{"Open":{"Ball":1}}],"connectivity":"Faces"}"#
        );
        assert_eq!(serde_json::from_str::<PostProcess>(&text).unwrap(), chain);
    }
}
