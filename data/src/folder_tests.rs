//! Folders as people have them, good and bad, made in a temporary place.

use super::{DataError, Dataset, Foreground, Image, Mask, PairFolder, phantom::EmPhantom, save_image, save_mask};
use ::image::{ImageBuffer, Luma, Rgb};
use std::{fmt, fs};
use tempfile::TempDir;

/// A folder with the given files, each an image of 4 x 2 or, where "mask" or "label" is in the path, a mask of that
/// size.
pub(super) fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.contains("mask") || name.contains("label") {
            save_mask(&Mask::from_fn(4, 2, |x, _| x == 0), &path).unwrap();
        } else {
            save_image(&Image::from_fn(4, 2, |x, _| x as f32 / 4.0), &path).unwrap();
        }
    }
    folder
}

pub(super) fn load(folder: &TempDir) -> Result<Dataset, DataError> {
    PairFolder::open(folder.path())?.load()
}

/// The message without the temporary folder's name.
pub(super) fn message<T: fmt::Debug>(folder: &TempDir, result: Result<T, DataError>) -> String {
    result
        .unwrap_err()
        .to_string()
        .replace(&folder.path().display().to_string(), "F")
}

#[test]
fn finds_the_usual_layouts() {
    let layouts: [&[&str]; 5] = [
        &["images/10.png", "images/2.png", "masks/2.png", "masks/10.png"],
        &[
            "img/2.png",
            "img/10.png",
            "labels/10_label.png",
            "labels/2_label.png",
            "labels/3_label.png",
        ],
        &[
            "Image/2.png",
            "Image/10.png",
            "annotations/mask/x.png",
            "annotations/2-mask.png",
            "annotations/10-mask.png",
        ],
        &["2.png", "2_mask.png", "10.png", "10_mask.png"],
        &[
            "images/2.png",
            "images/10.png",
            "images/.hidden.png",
            "masks/2_seg-mask.png",
            "masks/10 mask.png",
        ],
    ];
    for files in layouts {
        let data = load(&folder(files)).unwrap();
        let names: Vec<&str> = data.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["2", "10"], "{files:?}");
        assert_eq!(data.foreground_fraction(), 0.25, "{files:?}");
    }
    let odd = folder(&["pictures/2.png", "outlines mask/2.png"]);
    assert_eq!(
        PairFolder::open_with(odd.path(), "pictures", "outlines mask")
            .unwrap()
            .load()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_missing_folder() {
    let error = PairFolder::open("/no/such/folder").unwrap_err().to_string();
    assert_eq!(error, "no folder /no/such/folder: check the spelling");
    let here = std::env::current_dir().unwrap();
    let error = PairFolder::open("such").unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "no folder such: looked for it in {}. Check the spelling, or give the whole path",
            here.display()
        )
    );
    let half = folder(&["images/1.png", "other/1.png"]);
    assert_eq!(
        message(&half, load(&half)),
        "no folder F/masks: found a folder of images but none of masks, only images, other. Name it masks, or use \
         PairFolder::open_with(path, \"images\", \"other\")"
    );
    assert_eq!(
        message(&half, PairFolder::open_with(half.path(), "images", "outlines")),
        "no folder F/outlines: the folders there are: images, other. Give two of these"
    );
}

#[test]
fn an_empty_folder() {
    let empty = tempfile::tempdir().unwrap();
    let endings = "png, jpg, jpeg, gif, tif, tiff, pgm, ppm, pbm, pnm, bmp";
    assert_eq!(
        message(&empty, load(&empty)),
        format!("F holds no image: expected files ending in {endings}, found nothing. Check the path")
    );
    let texts = folder(&["images/1.png"]);
    fs::create_dir(texts.path().join("masks")).unwrap();
    fs::write(texts.path().join("masks/1.nii.gz"), "x").unwrap();
    assert_eq!(
        message(&texts, load(&texts)),
        format!("F/masks holds no image: expected files ending in {endings}, found 1.nii.gz. Check the path")
    );
}

#[test]
fn an_image_without_mask() {
    let lacking = folder(&["images/1.png", "images/2.png", "masks/1.png"]);
    assert_eq!(
        message(&lacking, load(&lacking)),
        "F/images/2.png has no mask: looked for 2.png, 2_mask.png and the like in F/masks, where masks are called like 1.png. \
         Add the mask, rename it, or take the image out of the folder"
    );
}

#[test]
fn an_image_with_two_masks() {
    let double = folder(&["images/1.png", "masks/1_seg-axon.png", "masks/1_seg-myelin.png"]);
    assert_eq!(
        message(&double, load(&double)),
        "F/images/1.png has 2 masks (1_seg-axon.png, 1_seg-myelin.png): say which kind to use, as in .with_mask_suffix(\"_seg-axon\")"
    );
    let data = PairFolder::open(double.path())
        .unwrap()
        .with_mask_suffix("_seg-myelin")
        .load()
        .unwrap();
    assert_eq!(data.len(), 1);
}

#[test]
fn a_mask_of_another_size() {
    let wrong = folder(&["images/1.png", "masks/1.png"]);
    save_mask(&Mask::from_fn(2, 4, |_, _| true), wrong.path().join("masks/1.png")).unwrap();
    assert_eq!(
        message(&wrong, load(&wrong)),
        "F/masks/1.png is 2 x 4 pixels but its image F/images/1.png is 4 x 2 (width x height): a mask must have its image's \
         size. Export it again at that size, or remove the pair"
    );
}

#[test]
fn an_unreadable_file() {
    let broken = folder(&["images/1.png", "masks/1.png"]);
    fs::write(broken.path().join("images/1.png"), "text").unwrap();
    assert_eq!(
        message(&broken, load(&broken)),
        "cannot read F/images/1.png: it is not a picture, a volume or an array: it begins with \"text\". Open it in an image \
         viewer; if it opens there, save it again as PNG"
    );
}

#[test]
fn a_mask_in_colour_needs_a_rule() {
    let colour = folder(&["images/1.png", "masks/1.png"]);
    let paint = |x: u32, _| Rgb(if x == 0 { [180u8, 40, 40] } else { [0, 0, 0] });
    ImageBuffer::from_fn(4, 2, paint)
        .save(colour.path().join("masks/1.png"))
        .unwrap();
    assert_eq!(
        message(&colour, load(&colour)),
        "F/masks/1.png is a label image of several classes (colour [0, 0, 0] 75.0 %, colour [180, 40, 40] 25.0 %): say which \
         one is the foreground, as in .with_foreground(Foreground::Colour([180, 40, 40]))"
    );
    let with = |rule| PairFolder::open(colour.path()).unwrap().with_foreground(rule).load();
    assert_eq!(
        with(Foreground::Colour([180, 40, 40])).unwrap().foreground_fraction(),
        0.25
    );
    assert_eq!(with(Foreground::NonZero).unwrap().foreground_fraction(), 0.25);
    assert_eq!(
        message(&colour, with(Foreground::Colour([255, 0, 0]))),
        "no mask in F/masks holds the colour [255, 0, 0]: the first one, 1.png, holds colour [0, 0, 0] 75.0 %, colour \
         [180, 40, 40] 25.0 %. Choose one of those"
    );
}

#[test]
fn a_mask_of_three_greys_needs_a_rule() {
    let grey = folder(&["images/1.png", "masks/1.png"]);
    let paint = |x: u32, y| {
        Luma([if x > 1 {
            0u8
        } else if y == 0 && x == 0 {
            127
        } else {
            255
        }])
    };
    ImageBuffer::from_fn(4, 2, paint)
        .save(grey.path().join("masks/1.png"))
        .unwrap();
    assert_eq!(
        message(&grey, load(&grey)),
        "F/masks/1.png is a label image of several classes (value 0 50.0 %, value 255 37.5 %, value 127 12.5 %): say which one \
         is the foreground, as in .with_foreground(Foreground::Value(255)), or Foreground::NonZero for all but 0"
    );
    let share = |rule| {
        PairFolder::open(grey.path())
            .unwrap()
            .with_foreground(rule)
            .load()
            .unwrap()
            .foreground_fraction()
    };
    assert_eq!(share(Foreground::Value(127)), 0.125);
    assert_eq!(share(Foreground::AtLeast(128)), 0.375);
    assert_eq!(share(Foreground::Zero), 0.5);
}

#[test]
fn groups_come_from_names_and_channels_are_made_equal() {
    let sweep = folder(&["images/a_slice_1.png", "images/a_slice_2.png", "images/b_slice_1.png"]);
    save_image(
        &Image::from_fn(4, 2, |_, _| 0.5).with_channels(3),
        sweep.path().join("images/b_slice_1.png"),
    )
    .unwrap();
    fs::create_dir(sweep.path().join("masks")).unwrap();
    for name in ["a_slice_1", "a_slice_2", "b_slice_1"] {
        save_mask(
            &Mask::from_fn(4, 2, |x, _| x < 2),
            sweep.path().join(format!("masks/{name}.png")),
        )
        .unwrap();
    }
    let data = PairFolder::open(sweep.path())
        .unwrap()
        .with_group_before("_slice")
        .load()
        .unwrap();
    let groups: Vec<_> = data.iter().map(|p| p.group.as_deref().unwrap()).collect();
    assert_eq!(groups, ["a", "a", "b"]);
    assert_eq!(data.channels(), Some(3));
}

#[test]
fn a_data_set_that_was_saved_loads_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = EmPhantom::new(32).with_count(3).generate();
    data.save(folder.path().join("em")).unwrap();
    assert_eq!(
        PairFolder::open(folder.path().join("em")).unwrap().load().unwrap(),
        data
    );
}
