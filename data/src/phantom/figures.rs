//! Pictures of phantoms for looking at: `UNET_LAB_FIGURES=/tmp/figures cargo test -p unet_lab_data phantom` writes them there.

use super::VolumeSet;
use crate::{Dataset, rgb_png};

/// Pixels in rows, three bytes each.
struct Sheet {
    width: usize,
    bytes: Vec<u8>,
}

impl Sheet {
    fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            bytes: vec![40; width * height * 3],
        }
    }

    fn set(&mut self, x: usize, y: usize, colour: [f32; 3]) {
        for (c, v) in colour.iter().enumerate() {
            self.bytes[(y * self.width + x) * 3 + c] = (v.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    }

    fn keep(&self, name: &str) {
        if let Some(folder) = std::env::var_os("UNET_LAB_FIGURES") {
            std::fs::create_dir_all(&folder).unwrap();
            let height = self.bytes.len() / 3 / self.width;
            let path = std::path::Path::new(&folder).join(format!("{name}.png"));
            std::fs::write(path, rgb_png(self.width, height, &self.bytes)).unwrap();
        }
    }
}

/// Colours of labels 1, 2, ...
const COLOURS: [[f32; 3]; 8] = [
    [1.0, 0.25, 0.2],
    [0.2, 0.9, 0.3],
    [0.3, 0.55, 1.0],
    [1.0, 0.85, 0.1],
    [0.9, 0.3, 0.9],
    [0.2, 0.9, 0.9],
    [1.0, 0.55, 0.1],
    [0.6, 0.9, 0.5],
];

fn outlined(label: &impl Fn(usize, usize) -> u32, width: usize, height: usize, x: usize, y: usize) -> Option<[f32; 3]> {
    let here = label(x, y);
    let border = [(0isize, 1isize), (1, 0), (0, -1), (-1, 0)].iter().any(|(dx, dy)| {
        let (u, v) = (x.saturating_add_signed(*dx), y.saturating_add_signed(*dy));
        u < width && v < height && label(u, v) != here
    });
    (here > 0 && border).then(|| COLOURS[(here as usize - 1) % COLOURS.len()])
}

pub(super) fn wanted() -> bool {
    std::env::var_os("UNET_LAB_FIGURES").is_some()
}

/// Pairs side by side: the image above, the outline of its mask on it below.
pub(super) fn keep_pairs(name: &str, data: &Dataset, columns: usize) {
    let [height, width] = data.size().unwrap();
    let rows = data.len().div_ceil(columns);
    let mut sheet = Sheet::new(columns * width, rows * 2 * height);
    for (n, pair) in data.iter().enumerate() {
        let image = pair.image();
        let label = |x: usize, y: usize| u32::from(pair.mask().get(x, y));
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let colour = [0, 1, 2].map(|c| image.get(c.min(image.channels() - 1), x, y));
            let (left, top) = (n % columns * width, n / columns * 2 * height);
            sheet.set(left + x, top + y, colour);
            let over = outlined(&label, width, height, x, y).unwrap_or(colour);
            sheet.set(left + x, top + height + y, over);
        }
    }
    sheet.keep(name);
}

/// Slices of each case: a row a channel, and a last row with the labels' outlines on the first channel.
pub(super) fn keep_cases(name: &str, set: &VolumeSet, slices: usize, window: [f32; 2], zoom: usize) {
    for case in set {
        let volume = case.volume();
        let [depth, height, width] = volume.size();
        let rows = volume.channels() + 1;
        let mut sheet = Sheet::new(slices * width * zoom, rows * height * zoom);
        for (row, n) in (0..rows).flat_map(|r| (0..slices).map(move |n| (r, n))) {
            let z = (2 * n + 1) * depth / (2 * slices);
            let channel = if row + 1 == rows { 0 } else { row };
            let value = |x: usize, y: usize| {
                let v = volume.data()[((channel * depth + z) * height + y) * width + x];
                (v - window[0]) / (window[1] - window[0])
            };
            let label = |x: usize, y: usize| case.labels().data()[(z * height + y) * width + x];
            for (x, y) in (0..height * zoom).flat_map(|y| (0..width * zoom).map(move |x| (x, y))) {
                let (u, v) = (x / zoom, y / zoom);
                let grey = [value(u, v); 3];
                let over = match row + 1 == rows {
                    true => outlined(&label, width, height, u, v).unwrap_or(grey),
                    false => grey,
                };
                sheet.set(n * width * zoom + x, row * height * zoom + y, over);
            }
        }
        sheet.keep(&format!("{name}_{}", case.name));
    }
}
