//! Weighed sums of two images and their products in a window that moves through them.

/// The weights of a window along each axis, `[depth, height, width]`; an image is a volume of depth 1 with weight 1.
pub(super) struct Window {
    pub(super) weights: [Vec<f64>; 3],
}

/// Means in one window: of the image, the reference, their squares and their product.
pub(super) type Moments = [f64; 5];

impl Window {
    /// Calls `each` with the means of every window that lies wholly inside a channel of two images of `size`.
    ///
    /// Only as many filtered planes are kept as the window is deep.
    pub(super) fn visit(&self, image: &[f32], reference: &[f32], size: [usize; 3], mut each: impl FnMut(Moments)) {
        let [depth, height, width] = size;
        let [deep, high, wide] = &self.weights;
        let area = height * width;
        let places = (height + 1 - high.len()) * (width + 1 - wide.len());
        let mut planes: Vec<Vec<Moments>> = vec![Vec::new(); deep.len()];
        for slice in 0..depth {
            let here = slice * area..(slice + 1) * area;
            planes[slice % deep.len()] = self.plane(&image[here.clone()], &reference[here], width);
            if slice + 1 < deep.len() {
                continue;
            }
            let first = slice + 1 - deep.len();
            let kept: Vec<&Vec<Moments>> = (first..=slice).map(|slice| &planes[slice % deep.len()]).collect();
            (0..places)
                .map(|place| weigh(deep, kept.iter().map(|plane| &plane[place])))
                .for_each(&mut each);
        }
    }

    fn plane(&self, image: &[f32], reference: &[f32], width: usize) -> Vec<Moments> {
        let [_, high, wide] = &self.weights;
        let narrow = width + 1 - wide.len();
        let mut rows = Vec::with_capacity(image.len());
        for (image, reference) in image.chunks(width).zip(reference.chunks(width)) {
            let pairs = image.iter().zip(reference);
            let products: Vec<Moments> = pairs
                .map(|(&x, &y)| (f64::from(x), f64::from(y)))
                .map(|(x, y)| [x, y, x * x, y * y, x * y])
                .collect();
            rows.extend((0..narrow).map(|at| weigh(wide, products[at..at + wide.len()].iter())));
        }
        let height = rows.len() / narrow;
        (0..(height + 1 - high.len()) * narrow)
            .map(|at| weigh(high, rows[at..].iter().step_by(narrow)))
            .collect()
    }
}

fn weigh<'a>(weights: &[f64], moments: impl Iterator<Item = &'a Moments>) -> Moments {
    let mut sum = [0.0; 5];
    for (weight, moments) in weights.iter().zip(moments) {
        for (sum, moment) in sum.iter_mut().zip(moments) {
            *sum += weight * moment;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_is_visited_with_its_means() {
        let window = Window {
            weights: [vec![0.5; 2], vec![1.0], vec![0.25, 0.75]],
        };
        let image: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let mut found = Vec::new();
        window.visit(&image, &[2.0; 12], [3, 2, 2], |moments| found.push(moments));
        // depth 3 - 1, height 2, width 1
        let means: Vec<f64> = found.iter().map(|moments| moments[0]).collect();
        assert_eq!(means, [2.75, 4.75, 6.75, 8.75]);
        assert!(found.iter().all(|moments| (moments[1], moments[3]) == (2.0, 4.0)));
        assert!(found.iter().all(|moments| moments[4] == 2.0 * moments[0]));
        assert_eq!(found[0][2], (0.25 * 0.0 + 0.75 * 1.0 + 0.25 * 16.0 + 0.75 * 25.0) / 2.0);
    }
}
