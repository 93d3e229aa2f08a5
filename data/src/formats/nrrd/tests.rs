use super::*;

const HEADER: &str = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 1 2\nspace: left-posterior-superior\n\
    space directions: (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\n\n";

fn read(header: &str, numbers: &[u8]) -> Result<Decoded, FormatError> {
    let bytes = [header.as_bytes(), numbers].concat();
    decode(&bytes, Limits::default(), &|name| {
        Err(FormatError::System(format!("no {name}")))
    })
}

#[test]
fn what_is_not_read_says_why() {
    assert_eq!(
        read(HEADER, &[1, 2, 3, 4]).unwrap().samples,
        Samples::U8(vec![1, 2, 3, 4])
    );
    for (old, new, expected) in [
        ("raw", "bzip2", "bzip2"),
        ("raw", "hex", "encoding hex"),
        ("raw", "gzip", "cannot be unpacked"),
        ("NRRD0004", "NRRD0009", "NRRD0009"),
        ("uchar", "block", "blocks"),
        ("uchar", "char", "none of NRRD's"),
        ("uchar", "short", "state endian"),
        ("sizes: 2 1 2", "sizes: 2 2", "3 whole numbers"),
        ("sizes: 2 1 2", "sizes: 2 0 2", "above 0"),
        ("sizes: 2 1 2", "sizes: 2 -1 2", "above 0"),
        ("sizes: 2 1 2", "sizes: 4294967296 4294967296 2", "bytes of memory"),
        ("sizes: 2 1 2", "sizes: 2 1 3", "cut off"),
        ("dimension: 3", "dimension: 17", "1 to 16"),
        ("dimension: 3", "kind: 3", "does not state dimension"),
        ("(1,0,0) (0,1,0)", "(1,0,0) (2,0,0)", "no position"),
        ("(1,0,0) (0,1,0)", "(0,0,0) (0,1,0)", "spacing"),
        ("(1,0,0) (0,1,0)", "(1,0,inf) (0,1,0)", "spacing"),
        ("(1,0,0) (0,1,0)", "(1,0) (0,1,0)", "vectors of 3"),
        ("(1,0,0) (0,1,0)", "(1,0,0)", "2 space directions"),
        ("left-posterior-superior", "3D-right-handed-time", "2 or 3 dimensions"),
        (
            "encoding: raw",
            "encoding: raw\nspace units: \"mm\" \"mm\" \"um\"",
            "different units",
        ),
        ("encoding: raw", "encoding: raw\ndata file: LIST", "several files"),
        (
            "encoding: raw",
            "encoding: raw\ndata file: a%03d.raw 1 2 1",
            "several files",
        ),
        ("encoding: raw", "encoding: raw\ndata file: a.raw", "no a.raw"),
        ("encoding: raw", "encoding: raw\nbyte skip: -2", "byte skip"),
        (
            "encoding: raw",
            "encoding: raw\nbyte skip: 9223372036854775807",
            "cut off",
        ),
        (
            "encoding: raw",
            "encoding: raw\nline skip: 9223372036854775807",
            "cut off",
        ),
        (
            "encoding: raw",
            "encoding: raw\nendian: little\nendian: big",
            "endian twice",
        ),
        ("encoding: raw", "encoding: raw\nno field", "no field: value"),
    ] {
        let error = read(&HEADER.replace(old, new), &[1, 2, 3, 4]).unwrap_err().to_string();
        assert!(error.contains(expected), "{new}: {error}");
    }
    let endless = format!("NRRD0004\n# {}", "x".repeat(1 << 17));
    assert!(read(&endless, &[]).unwrap_err().to_string().contains("no end within"));
}

#[test]
fn units_of_space_become_millimetres_and_pairs_become_notes() {
    let header = HEADER.replace(
        "encoding: raw",
        "encoding: raw\nspace units: \"um\" \"um\" \"um\"\nmodality:=CT: of a (1) phantom",
    );
    let file = read(&header, &[1, 2, 3, 4]).unwrap();
    assert_eq!(file.geometry.spacing(), [0.001; 3]);
    assert_eq!(file.notes, [("modality".to_owned(), "CT: of a (1) phantom".to_owned())]);
}

#[test]
fn a_picture_in_space_keeps_its_two_directions() {
    let header = "NRRD0005\ntype: uint8\ndimension: 2\nsizes: 2 1\nspace: RAS\nspace directions: (0,2,0) (0,0,3)\nencoding: raw\n\n";
    let file = read(header, &[1, 2]).unwrap();
    assert_eq!((file.size, file.volumetric), ([1, 1, 2], false));
    assert_eq!(file.geometry.spacing(), [1.0, 3.0, 2.0]);
    assert_eq!(file.geometry.axes()[1..], [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]);
}
