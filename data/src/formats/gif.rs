//! GIF 87a and 89a, as the `gif` crate reads them.

use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, DisposalMethod, MemoryLimit};

use super::picture::{check_claim, check_palette, colours, planar, without_ramp};
use super::{Companion, Decoded, Format, FormatError, Limits, Samples};

/// Twelve bits of LZW stand for at most 4094 pixels.
pub(super) const LZW_RATIO: u64 = 2730;

pub(super) fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

/// All pictures of an animation, each as it is shown. Palette indices are kept where all pictures have one palette; else colours.
pub(super) fn decode(bytes: &[u8], limits: Limits, _: Companion) -> Result<Decoded, FormatError> {
    let damaged = |error: gif::DecodingError| match error {
        gif::DecodingError::Io(error) => error.into(),
        other => FormatError::Damaged(other.to_string()),
    };
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Bytes(
        limits.bytes().try_into().unwrap_or(std::num::NonZeroU64::MIN),
    ));
    let mut reader = options.read_info(Cursor::new(bytes)).map_err(damaged)?;
    let global = reader.global_palette().map(colours);
    let [mut width, mut height] = [reader.width(), reader.height()].map(usize::from);
    let background = reader
        .bg_color()
        .and_then(|index| u8::try_from(index).ok())
        .unwrap_or(0);
    let mut shown = Canvas::default();
    while let Some(frame) = reader.next_frame_info().map_err(damaged)? {
        let [left, top, wide, high] = [frame.left, frame.top, frame.width, frame.height].map(usize::from);
        if width * height == 0 {
            (width, height) = (left + wide, top + high);
        }
        check_claim(bytes, limits, &[wide, high], 1, LZW_RATIO)?;
        check_claim(bytes, limits, &[shown.frames + 1, 3, height, width], 1, 3 * LZW_RATIO)?;
        let place = Place { left, top, wide, high };
        let (dispose, transparent) = (frame.dispose, frame.transparent.filter(|_| shown.frames > 0));
        let palette = frame
            .palette
            .as_deref()
            .map(colours)
            .or_else(|| global.clone())
            .unwrap_or_default();
        let mut pixels = vec![0; wide * high];
        reader.read_into_buffer(&mut pixels).map_err(damaged)?;
        check_palette(&pixels, &palette)?;
        shown.width = width;
        shown.draw(
            width * height,
            place,
            &pixels,
            transparent,
            dispose,
            background,
            &palette,
        );
    }
    shown.finish([1, height, width])
}

struct Place {
    left: usize,
    top: usize,
    wide: usize,
    high: usize,
}

/// What is on the screen, and all that was there after each picture.
#[derive(Default)]
struct Canvas {
    width: usize,
    frames: usize,
    now: Vec<u8>,
    indices: Vec<u8>,
    palettes: Vec<(usize, Vec<[u8; 3]>)>,
}

impl Canvas {
    #[allow(clippy::too_many_arguments, reason = "one picture's facts, used once")]
    fn draw(
        &mut self,
        area: usize,
        place: Place,
        pixels: &[u8],
        transparent: Option<u8>,
        dispose: DisposalMethod,
        background: u8,
        palette: &[[u8; 3]],
    ) {
        self.now.resize(area, background);
        let before = (dispose == DisposalMethod::Previous).then(|| self.now.clone());
        let (width, height) = (self.width, area.checked_div(self.width).unwrap_or(0));
        let rows = height.saturating_sub(place.top).min(place.high);
        let columns = width.saturating_sub(place.left).min(place.wide);
        let rows = if columns == 0 { 0 } else { rows };
        for row in 0..rows {
            let start = (place.top + row) * width + place.left;
            let target = &mut self.now[start..start + columns];
            for (old, &new) in target.iter_mut().zip(&pixels[row * place.wide..]) {
                if Some(new) != transparent {
                    *old = new;
                }
            }
        }
        self.indices.extend_from_slice(&self.now);
        if self.palettes.last().is_none_or(|(_, last)| last != palette) {
            self.palettes.push((self.frames, palette.to_vec()));
        }
        self.frames += 1;
        match (dispose, before) {
            (_, Some(before)) => self.now = before,
            (DisposalMethod::Background, _) => {
                for row in 0..rows {
                    let start = (place.top + row) * width + place.left;
                    self.now[start..start + columns].fill(background);
                }
            }
            _ => {}
        }
    }

    fn finish(self, size: [usize; 3]) -> Result<Decoded, FormatError> {
        if self.frames == 0 {
            return Err(FormatError::Damaged("it holds no picture".to_owned()));
        }
        if let [(_, palette)] = &self.palettes[..] {
            let mut decoded = Decoded::with_shape(Format::Gif, Samples::U8(self.indices), self.frames, 1, size)?;
            decoded.palette = without_ramp(palette.clone());
            return Ok(decoded);
        }
        let area = size[1] * size[2];
        let mut pixels = Vec::with_capacity(self.indices.len() * 3);
        for (frame, indices) in self.indices.chunks(area.max(1)).enumerate() {
            let later = self.palettes.partition_point(|(from, _)| *from <= frame);
            let palette = later.checked_sub(1).and_then(|last| self.palettes.get(last));
            let colour = |&index: &u8| {
                palette
                    .and_then(|(_, all)| all.get(usize::from(index)).copied())
                    .unwrap_or_default()
            };
            pixels.extend(indices.iter().flat_map(colour));
        }
        let samples = planar(Samples::U8(pixels), 3, area);
        let mut decoded = Decoded::with_shape(Format::Gif, samples, self.frames, 3, size)?;
        decoded.note("palette", "its pictures have palettes of their own; read as colours");
        Ok(decoded)
    }
}
