//! The colours of all figures: those of Okabe and Ito (2008), which people with any kind of colour vision can tell
//! apart.

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];

pub(super) const BLACK: Rgb = [0, 0, 0];
pub(super) const TEXT: Rgb = [34, 34, 34];
pub(super) const MUTED: Rgb = [95, 95, 95];
pub(super) const GREY: Rgb = [120, 120, 120];
pub(super) const PALE: Rgb = [222, 222, 222];
pub(super) const WHITE: Rgb = [255, 255, 255];
pub(super) const ORANGE: Rgb = [230, 159, 0];
pub(super) const SKY: Rgb = [86, 180, 233];
pub(super) const GREEN: Rgb = [0, 158, 115];
pub(super) const YELLOW: Rgb = [240, 228, 66];
pub(super) const BLUE: Rgb = [0, 114, 178];
pub(super) const VERMILION: Rgb = [213, 94, 0];
pub(super) const PURPLE: Rgb = [204, 121, 167];

/// `#rrggbb`.
pub(super) fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// `part` of one colour in another, `part` between 0 and 1.
pub(super) fn mix(under: Rgb, over: Rgb, part: f32) -> Rgb {
    std::array::from_fn(|i| (f32::from(under[i]) + part * (f32::from(over[i]) - f32::from(under[i]))).round() as u8)
}

/// Cividis, from dark blue (0) over grey to yellow (1): even steps in brightness, read alike by all eyes
/// (Nunez, Anderton and Renslow 2018); seven of its colours, joined by straight lines.
pub(super) fn cividis(v: f32) -> Rgb {
    const STOPS: [Rgb; 7] = [
        [0, 34, 78],
        [32, 60, 108],
        [87, 92, 109],
        [124, 123, 120],
        [165, 156, 116],
        [210, 192, 96],
        [254, 232, 56],
    ];
    let at = v.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let below = (at as usize).min(STOPS.len() - 2);
    mix(STOPS[below], STOPS[below + 1], at - below as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_and_writing_colours() {
        assert_eq!(hex(VERMILION), "#d55e00");
        assert_eq!(mix(BLACK, WHITE, 0.5), [128; 3]);
        assert_eq!(
            (cividis(0.0), cividis(1.0), cividis(0.5)),
            ([0, 34, 78], [254, 232, 56], [124, 123, 120])
        );
    }
}
