//! Polygons and run lengths against scikit-image and pycocotools.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Shape {
    points: Vec<[f64; 2]>,
    size: [usize; 2],
    centres: String,
    coco: String,
    text: String,
    counts: Vec<u32>,
}

fn text(inside: &[bool]) -> String {
    inside.iter().map(|&inside| if inside { '1' } else { '0' }).collect()
}

fn shapes() -> Vec<Shape> {
    serde_json::from_str(include_str!("../../tests/fixtures/masks.json")).unwrap()
}

#[test]
fn polygons_are_filled_as_scikit_image_and_pycocotools_fill_them() {
    let all = shapes();
    assert!(all.len() > 70);
    for shape in all {
        let [height, width] = shape.size;
        let polygon = Polygon::new(shape.points.clone()).unwrap();
        assert_eq!(
            text(&polygon.fill(width, height, FillRule::Centres)),
            shape.centres,
            "{:?}",
            shape.points
        );
        assert_eq!(
            text(&polygon.fill(width, height, FillRule::Coco)),
            shape.coco,
            "{:?}",
            shape.points
        );
    }
}

#[test]
fn run_lengths_are_read_as_pycocotools_reads_them() {
    for shape in shapes() {
        let packed = RunLengths::from_text(&shape.text, shape.size).unwrap();
        assert_eq!(text(&packed.fill()), shape.coco);
        assert_eq!(
            text(&RunLengths::new(shape.counts, shape.size).unwrap().fill()),
            shape.coco
        );
    }
}

const FILE: &str = r#"{"info": {"year": 2022},
    "images": [{"id": 1, "file_name": "IMG1.jpg", "width": 8, "height": 6, "license": null},
               {"id": 2, "file_name": "b/IMG2.jpg", "width": 8, "height": 6}],
    "categories": [{"id": 5, "name": "bone"}, {"id": 3, "name": "fractured"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 3, "segmentation": [[0,0, 2,0, 2,2, 0,2], [5,5, 7,5, 7,6, 5,6]], "bbox": [0,0,7,6]},
        {"id": 2, "image_id": 1, "category_id": 5, "segmentation": {"size": [6, 8], "counts": [7, 2, 39]}},
        {"id": 3, "image_id": 1, "category_id": 5, "segmentation": []}]}"#;

#[test]
fn a_picture_has_its_objects_by_class_and_by_number() {
    let file = Coco::parse(FILE.as_bytes()).unwrap();
    let image = file.image("anywhere/IMG1.jpg").unwrap();
    assert_eq!(file.mask(image, Some(3)).unwrap().count(), 6);
    assert_eq!(file.mask(image, None).unwrap().count(), 7);
    let bone = file.category("Bone").unwrap();
    let labels = file.labels(image, &[3, bone]).unwrap();
    assert_eq!((labels.size(), labels.highest()), (&[6, 8][..], 2));
    assert_eq!(labels.data().iter().filter(|&&label| label == 2).count(), 2);
    let instances = file.instances(image, None).unwrap();
    assert_eq!((instances.overlap, instances.lost.clone()), (1, vec![3]));
    assert_eq!(file.mask(file.image("IMG2.jpg").unwrap(), None).unwrap().count(), 0);
    assert!(file.image("IMG3.jpg").is_none());
    assert!(file.category("x").unwrap_err().to_string().contains("bone, fractured"));
}

#[test]
fn damaged_annotations_are_refused() {
    for (part, bad) in [
        ("[7, 2, 39]", "[7, 2, 40]"),
        ("[7, 2, 39]", "\"zzz\""),
        ("\"size\": [6, 8]", "\"size\": [8, 6]"),
        ("[0,0, 2,0, 2,2, 0,2]", "[0,0, 2,0, 2]"),
        ("[0,0, 2,0, 2,2, 0,2]", "[0,0]"),
        (
            "\"width\": 8, \"height\": 6, \"l",
            "\"width\": 80000000, \"height\": 60000000, \"l",
        ),
    ] {
        let file = Coco::parse(FILE.replacen(part, bad, 1).as_bytes()).unwrap();
        assert!(file.mask(&file.images[0], None).is_err(), "{bad}");
    }
    for bad in ["", "{}", "[1]", &FILE[..FILE.len() / 2]] {
        assert!(Coco::parse(bad.as_bytes()).is_err());
    }
}
