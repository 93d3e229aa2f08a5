//! Targets: annotations, manifests and what the cache writes down.

use std::fs;
use std::path::Path;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use unet_lab_data::Geometry;
use unet_lab_data::datasets::Manifest;
use unet_lab_data::masks::{Coco, Outlines, RunLengths, nodules, walls};

use super::engine::{Meter, Target};
use super::mutate;
use super::seeds::{self, Files};

/// Pictures that masks are drawn on.
const SIDE: usize = 64;

pub fn targets() -> Vec<Target> {
    let text = |name: &'static str, weight, seeds: Vec<Files>, read: fn(&Files, &mut Meter) -> bool| Target {
        name,
        weight,
        seeds,
        damage,
        read: Box::new(read),
    };
    vec![
        text("COCO", 6, coco(), read_coco),
        text("run lengths", 2, run_lengths(), read_runs),
        text("outlines in XML", 5, outlines(), read_outlines),
        text("nodules", 3, nodule_tables(), read_nodules),
        text(
            "walls",
            2,
            vec![
                Files::new("blanks", "1 2\n4.5 2\n7 3\n"),
                Files::new("commas", "1,2\r\n4.5;2\r\n"),
            ],
            read_walls,
        ),
        text("manifests", 5, manifests(), read_manifest),
    ]
}

/// Numbers above all, then anything.
fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng) {
    for _ in 0..random.random_range(0..3) {
        if !bytes.is_empty() {
            let at = random.random_range(0..bytes.len());
            mutate::text_number(bytes, at, random);
        }
    }
    if random.random_bool(0.7) {
        mutate::bytes(bytes, other, random);
    }
}

/// What text becomes as values, a hundred times as large, and a few pictures.
fn allowed(files: &Files) -> usize {
    200 * files.first.len() + (4 << 20)
}

/// No message holds the whole file.
fn refused(problem: &dyn std::error::Error) -> bool {
    let words = problem.to_string();
    assert!(words.len() < 2000, "{words}");
    false
}

fn coco() -> Vec<Files> {
    let polygons = r#"{"images": [{"id": 1, "file_name": "images/a.jpg", "width": 40, "height": 30}, {"id": 2, "file_name": "b.jpg", "width": 9, "height": 9}],
        "categories": [{"id": 0, "name": "fractured"}, {"id": 5, "name": "other"}],
        "annotations": [{"id": 7, "image_id": 1, "category_id": 0, "segmentation": [[0, 0, 20.5, 0, 20, 20, 0, 20], [1, 1, 30, 1, 30, 29.25]], "bbox": [0, 0, 2, 2]},
        {"id": 8, "image_id": 1, "category_id": 5, "segmentation": [[-3, 2, 45, 7, 20, 31]]}, {"id": 9, "image_id": 2, "category_id": 5}]}"#;
    let runs = r#"{"images": [{"id": 1, "file_name": "a", "width": 9, "height": 9}], "categories": [{"id": 3, "name": "c"}], "annotations": [
        {"image_id": 1, "category_id": 3, "segmentation": {"counts": [6, 1, 40, 34], "size": [9, 9]}},
        {"image_id": 1, "category_id": 3, "segmentation": {"counts": "61X13mN000`0", "size": [9, 9]}}]}"#;
    vec![Files::new("polygons", polygons), Files::new("run lengths", runs)]
}

fn read_coco(files: &Files, meter: &mut Meter) -> bool {
    let file = match meter.within(allowed(files), || Coco::parse(&files.first)) {
        Ok(file) => file,
        Err(problem) => return refused(&problem),
    };
    let classes: Vec<u64> = file.categories.iter().map(|category| category.id).collect();
    let mut done = false;
    for image in file.images.iter().take(4) {
        // Masks, labels and corners of a picture as large as the file says.
        let pixels = image.width.saturating_mul(image.height);
        if pixels > 1 << 20 {
            continue;
        }
        done |= meter.within(allowed(files) + 16 * pixels, || {
            let mask = file.mask(image, None).map(|mask| assert_eq!(mask.data().len(), pixels));
            let labels = file.labels(image, &classes);
            let instances = file.instances(image, classes.first().copied());
            let words = [mask.err(), labels.err(), instances.err()];
            let is_done = words[0].is_none();
            words
                .iter()
                .flatten()
                .for_each(|problem| assert!(problem.to_string().len() < 2000));
            is_done
        });
    }
    done
}

/// As pycocotools wrote them, with the size in front.
fn run_lengths() -> Vec<Files> {
    let fixture = seeds::fixture("masks.json");
    let text = |shape: &serde_json::Value| format!("{} {}", shape["size"], shape["text"].as_str().unwrap());
    let shapes = fixture.as_array().unwrap().iter();
    shapes.map(|shape| Files::new("a polygon", text(shape))).collect()
}

fn read_runs(files: &Files, meter: &mut Meter) -> bool {
    let text = String::from_utf8_lossy(&files.first);
    let Some((size, runs)) = text.split_once("] ") else {
        return false;
    };
    let sides: Vec<usize> = size
        .split(['[', ',', ' '])
        .filter_map(|side| side.parse().ok())
        .collect();
    let &[height, width] = &sides[..] else {
        return false;
    };
    meter.within(allowed(files), || {
        let small = |runs: &RunLengths| runs.size()[0].saturating_mul(runs.size()[1]) <= 1 << 20;
        let runs = RunLengths::from_text(runs, [height, width]).ok().filter(small);
        runs.map(|runs| assert_eq!(runs.fill().len(), height * width)).is_some()
    })
}

fn outlines() -> Vec<Files> {
    let aperio = r#"<?xml version="1.0"?><Annotations MicronsPerPixel="0.25"><Annotation Id="1" Name="a"><Attributes/><Regions><Region Id="1" NegativeROA="0">
        <Vertices><Vertex X="0.5" Y="0" Z="0"/><Vertex X="40" Y="0"/><Vertex X="40" Y="44,5"/></Vertices></Region>
        <Region NegativeROA="1"><Vertices><Vertex X="10" Y="3"/><Vertex X="20" Y="3"/><Vertex X="20" Y="9"/></Vertices></Region></Regions></Annotation></Annotations>"#;
    let asap = r#"<ASAP_Annotations><Annotations><Annotation Name="n" Type="Polygon" PartOfGroup="tumour" Color="F4FA58"><Coordinates>
        <Coordinate Order="0" X="1.5" Y="2"/><Coordinate Order="1" X="30" Y="2"/><Coordinate Order="2" X="30" Y="60"/></Coordinates></Annotation></Annotations></ASAP_Annotations>"#;
    vec![Files::new("ImageScope", aperio), Files::new("ASAP", asap)]
}

fn read_outlines(files: &Files, meter: &mut Meter) -> bool {
    let file = match meter.within(allowed(files), || Outlines::parse(&files.first)) {
        Ok(file) => file,
        Err(problem) => return refused(&problem),
    };
    meter.within(allowed(files), || {
        let groups: Vec<&str> = file
            .outlines
            .iter()
            .take(3)
            .map(|outline| outline.group.as_str())
            .collect();
        let done = file.mask(SIDE, SIDE).is_ok() && file.labels(SIDE, SIDE, &groups).is_ok();
        let _ = file.instances(SIDE, SIDE).map_err(|problem| problem.to_string());
        done
    })
}

fn nodule_tables() -> Vec<Files> {
    vec![
        Files::new(
            "plain",
            "seriesuid,coordX,coordY,coordZ,diameter_mm\n1.3.6.1,-12.5,4,7,6.5\n1.3.6.2,3.25,8,2,20\n",
        ),
        Files::new(
            "quoted",
            "\u{feff}coordX,coordY,\"seriesuid\",coordZ,diameter_mm,note\r\n4,2,\"1.3.6\",3,5.6,\"a, \"\"b\"\"\"\r\n\r\n",
        ),
    ]
}

fn read_nodules(files: &Files, meter: &mut Meter) -> bool {
    let text = String::from_utf8_lossy(&files.first);
    let all = match meter.within(allowed(files), || nodules::parse(&text)) {
        Ok(all) => all,
        Err(problem) => return refused(&problem),
    };
    let grid = Geometry::of_spacing([2.0, 1.0, 1.0]).unwrap();
    meter.within(allowed(files), || nodules::spheres(&grid, [9, 20, 20], &all).is_ok())
}

fn read_walls(files: &Files, meter: &mut Meter) -> bool {
    let text = String::from_utf8_lossy(&files.first);
    let other = [[0.0, 9.0], [9.0, 10.0]];
    meter.within(allowed(files), || {
        walls::parse(&text).is_ok_and(|points| walls::between(&points, &other, SIDE, SIDE).is_ok())
    })
}

/// Those of the project.
fn manifests() -> Vec<Files> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    let all: Vec<Files> = paths
        .iter()
        .map(|path| Files::new(path.display().to_string(), fs::read(path).unwrap()))
        .collect();
    assert!(all.len() > 10);
    all
}

fn read_manifest(files: &Files, meter: &mut Meter) -> bool {
    let text = String::from_utf8_lossy(&files.first);
    let parsed = meter.within(allowed(files), || Manifest::parse(&text));
    let manifest = match parsed {
        Ok(manifest) => manifest,
        Err(problem) => return refused(&problem),
    };
    meter.within(allowed(files), || {
        let _ = (manifest.label_names(), manifest.size(), manifest.class_files().len());
        for file in &manifest.files {
            let folder = manifest.folder_of(file).unwrap_or_default();
            // Names become paths below the cache.
            for name in [&file.name, &folder] {
                assert!(
                    !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0']),
                    "{name:?}"
                );
            }
        }
        serde_json::to_string(&manifest).expect("a manifest has a form in JSON")
    });
    true
}

#[cfg(feature = "fetch")]
pub mod records {
    use unet_lab_data::fetch::{Cache, Settings, Silent, verify};

    use super::super::place::Place;
    use super::{Files, Manifest, Meter, Target, allowed, damage, fs};

    const RECORD: &str = r#"{"files": {"a.bin": {"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "bytes": 4,
        "from": "http://localhost/a.bin", "trust": "sha256", "at": 1700000000, "place": "a.bin", "unpacked_files": 1, "unpacked_bytes": 4}}}"#;
    const LIST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  a.bin\n";
    const MANIFEST: &str = "id = \"it\"\ntitle = \"It\"\ntask = \"t\"\nmodality = \"m\"\ndimensions = 2\naccess = \"open\"\n[licence]\nname = \"CC0-1.0\"\n\
        [[files]]\nname = \"a.bin\"\nurls = [\"http://localhost/a.bin\"]\nunpack = \"none\"\n";

    pub fn target() -> Target {
        let place = Place::new();
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let mut record = Files::new("record and list", RECORD);
        record.others.push(("list".to_owned(), LIST.into()));
        Target {
            name: "cache records",
            weight: 2,
            seeds: vec![record],
            damage,
            read: Box::new(move |files, meter| read(&place, &manifest, files, meter)),
        }
    }

    fn read(place: &Place, manifest: &Manifest, files: &Files, meter: &mut Meter) -> bool {
        let cache = Cache::new(place.fresh());
        let records = cache.folder().join(".records");
        fs::create_dir_all(records.join("it")).unwrap();
        fs::create_dir_all(cache.dataset("it")).unwrap();
        fs::write(cache.dataset("it").join("a.bin"), "test").unwrap();
        fs::write(records.join("it.json"), &files.first).unwrap();
        fs::write(records.join("it/a.bin.sha256"), &files.others[0].1).unwrap();
        let settings = Settings::new(cache);
        meter.within(allowed(files), || {
            verify(manifest, &settings, &Silent).is_ok_and(|found| found.files > 0)
        })
    }
}
