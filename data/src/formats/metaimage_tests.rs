use super::*;

const HEADER: &str = "ObjectType = Image\nNDims = 3\nDimSize = 2 1 2\nElementSpacing = 1 2 3\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n";

fn read(header: &str, numbers: &[u8]) -> Result<Decoded, FormatError> {
    let bytes = [header.as_bytes(), numbers].concat();
    decode(&bytes, Limits::default(), &|name| {
        Err(FormatError::System(format!("no {name}")))
    })
}

#[test]
fn what_is_not_read_says_why() {
    let file = read(HEADER, &[1, 2, 3, 4]).unwrap();
    assert_eq!((file.size, file.geometry.spacing()), ([2, 1, 2], [3.0, 2.0, 1.0]));
    for (old, new, expected) in [
        ("Image", "Scene", "\"Scene\""),
        ("NDims = 3", "NDims = 5", "5 axes"),
        ("NDims = 3", "NDims = x", "NDims should be numbers"),
        ("NDims = 3\n", "", "does not state NDims"),
        ("2 1 2", "2 1", "3 whole numbers"),
        ("2 1 2", "2 0 2", "above 0"),
        ("2 1 2", "2 -1 2", "above 0"),
        ("2 1 2", "4294967296 4294967296 4294967296", "bytes of memory"),
        ("2 1 2", "2 1 3", "cut off"),
        ("MET_UCHAR", "MET_OTHER", "MET_OTHER"),
        ("1 2 3", "1 2 0", "spacing"),
        ("1 2 3", "1 2 nan", "spacing"),
        ("1 2 3", "1 2 -3", "spacing"),
        ("1 2 3", "1 2", "should be 3 numbers"),
        (
            "ElementType",
            "TransformMatrix = 1 0 0 1 0 0 0 0 1\nElementType",
            "no position",
        ),
        (
            "ElementType",
            "TransformMatrix = 1 0 0 1\nElementType",
            "should be 9 numbers",
        ),
        ("ElementType", "Offset = 1 2 inf\nElementType", "no position"),
        ("ElementType", "ElementNumberOfChannels = 0\nElementType", "above 0"),
        ("ElementType", "ElementNumberOfChannels = 3\nElementType", "cut off"),
        ("ElementType", "HeaderSize = -2\nElementType", "HeaderSize is -2"),
        ("ElementType", "HeaderSize = 1e30\nElementType", "cut off"),
        (
            "ElementType",
            "CompressedData = True\nElementType",
            "cannot be unpacked",
        ),
        ("ElementType", "DimSize = 2 2 2\nElementType", "DimSize twice"),
        ("ElementType", "no field\nElementType", "no name = value"),
        ("LOCAL", "LIST", "several files"),
        ("LOCAL", "slice%03d.raw 1 2 1", "several files"),
        ("LOCAL", "other.raw", "no other.raw"),
        ("ElementDataFile", "DataFile", "which is no name = value"),
    ] {
        let error = read(&HEADER.replace(old, new), &[1, 2, 3, 4]).unwrap_err().to_string();
        assert!(error.contains(expected), "{new}: {error}");
    }
}

#[test]
fn a_name_that_is_no_utf_8_is_refused_but_a_comment_may_be() {
    let bytes = |line: &[u8]| [b"NDims = 2\nDimSize = 1 1\nElementType = MET_CHAR\n", line].concat();
    let read = |line: &[u8]| decode(&bytes(line), Limits::default(), &|_| Ok(vec![5]));
    assert!(
        read(b"ElementDataFile = \xff.raw\n")
            .unwrap_err()
            .to_string()
            .contains("no UTF-8")
    );
    assert!(read(b"ElementDataFile = a.raw\n").is_ok());
    assert!(recognises(&bytes(b"ElementDataFile = a.raw\n")));
    assert!(!recognises(b"Comment = a poem of many lines\n"));
}
