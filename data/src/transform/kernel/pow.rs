//! Powers of many numbers at once.

/// `x` to the power `exponent` for `x` from 0 to 1 and an exponent above 0, within 1e-6 of it. Written without branches or calls, so
/// that the compiler works on several numbers at a time; the system's `powf` takes about ten times as long.
#[inline]
pub(crate) fn power(x: f32, exponent: f32) -> f32 {
    // Below the smallest normal number the result is taken for 0.
    let positive = x.max(f32::MIN_POSITIVE);
    let result = exp2((exponent * log2(positive)).max(-126.0));
    if x < f32::MIN_POSITIVE { 0.0 } else { result }
}

/// The logarithm to base 2 of a normal number above 0.
#[inline]
fn log2(x: f32) -> f32 {
    // x = m * 2^e with m from sqrt(1/2) to sqrt(2).
    let bits = x.to_bits() as i32;
    let e = (bits - 0x3f35_04f3) >> 23;
    let m = f32::from_bits((bits - (e << 23)) as u32);
    // ln m = 2 artanh s, by its series.
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))));
    e as f32 + 2.0 * std::f32::consts::LOG2_E * s * series
}

/// 2 to the power `x`, from -126 to 127.
#[inline]
fn exp2(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    let shifted = x + ROUNDER;
    let part = (x - (shifted - ROUNDER)) * std::f32::consts::LN_2;
    let whole = (shifted.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32);
    // e^part for |part| up to 0.35, by its series.
    let series = 1.0
        + part
            * (1.0
                + part
                    * (0.5 + part * (1.0 / 6.0 + part * (1.0 / 24.0 + part * (1.0 / 120.0 + part * (1.0 / 720.0))))));
    series * f32::from_bits(((whole + 127) << 23) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_system() {
        for exponent in [0.2f32, 0.5, 0.7, 1.0, 1.5, 2.0, 5.0] {
            for i in 0..=10_000 {
                let x = i as f32 / 10_000.0;
                let (found, expected) = (power(x, exponent), x.powf(exponent));
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{x}^{exponent}: {found}, not {expected}"
                );
            }
        }
        assert_eq!(power(0.0, 0.5), 0.0);
    }
}
