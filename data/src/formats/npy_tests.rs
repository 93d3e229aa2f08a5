use super::*;

fn file(header: &str, numbers: &[u8]) -> Vec<u8> {
    let length = header.len() as u16;
    [MARK, &[1, 0], &length.to_le_bytes(), header.as_bytes(), numbers].concat()
}

fn read(bytes: &[u8]) -> Result<Decoded, FormatError> {
    decode(bytes, Limits::default(), &|_| unreachable!())
}

const HEADER: &str = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2), }\n";

#[test]
fn axes_are_taken_by_their_number() {
    let read = read(&file(HEADER, &[1, 0, 255, 255])).unwrap();
    assert_eq!((read.size, read.volumetric), ([1, 1, 2], false));
    assert_eq!(read.samples, Samples::I16(vec![1, -1]));
}

#[test]
fn what_is_no_array_of_numbers_is_refused() {
    for (old, new, expected) in [
        ("'<i2'", "'|O'", "could run any program"),
        ("'<i2'", "[('a', '<i2')]", "records"),
        ("'<i2'", "'<c8'", "<c8"),
        ("'<i2'", "'<U7'", "<U7"),
        ("(1, 2)", "()", "0 axes"),
        ("(1, 2)", "(1, 1, 1, 1, 1, 2)", "6 axes"),
        ("(1, 2)", "(0, 2)", "holds no number"),
        ("(1, 2)", "(-1, 2)", "its header is"),
        ("(1, 2)", "(99999999999999999999,)", "its header is"),
        (
            "(1, 2)",
            "(18446744073709551615, 18446744073709551615)",
            "bytes of memory",
        ),
        ("(1, 2)", "(4000000, 2)", "cut off"),
        ("(1, 2)", "(1, 2", "its header is"),
        ("False", "Maybe", "its header is"),
        ("'descr'", "'deskr'", "its header is"),
    ] {
        let error = read(&file(&HEADER.replace(old, new), &[1, 0, 2, 0]))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{new}: {error}");
    }
    let mut long = file(HEADER, &[]);
    long[6] = 2;
    assert!(read(&long).unwrap_err().to_string().contains("NumPy allows 10000"));
    long[6] = 9;
    assert!(read(&long).unwrap_err().to_string().contains("version 9"));
}

#[test]
fn half_precision_is_read_exactly() {
    for (bits, value) in [
        (0x0000, 0.0),
        (0x8000, -0.0),
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x7bff, 65504.0),
        (0x0001, 2f32.powi(-24)),
        (0x0400, 2f32.powi(-14)),
        (0x3555, 0.333_251_95),
        (0x7c00, f32::INFINITY),
        (0xfc00, f32::NEG_INFINITY),
    ] {
        assert_eq!(single(bits).to_bits(), value.to_bits(), "{bits:x}");
    }
    assert!(single(0x7e00).is_nan());
}
