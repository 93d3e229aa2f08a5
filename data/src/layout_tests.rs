//! The layouts of published data sets.

use super::folder_tests::{folder, load, message};
use super::{Foreground, Mask, PairFolder, save_mask};
use ::image::{ImageBuffer, Luma};
use std::fs;

/// The layouts of the projects' data sets, each with two images.
#[test]
fn finds_the_layouts_of_the_projects() {
    let layouts: [(&str, &[&str], &[&str]); 14] = [
        (
            "DRIVE",
            &[
                "images/21_training.tif",
                "images/22_training.tif",
                "1st_manual/21_manual1 mask.gif",
                "1st_manual/22_manual1 mask.gif",
                "mask/21_training_mask.gif",
                "mask/22_training_mask.gif",
            ],
            &["21_training", "22_training"],
        ),
        (
            "STARE",
            &[
                "stare-images/im0001.ppm",
                "stare-images/im0002.ppm",
                "labels-ah/im0001.ah.ppm",
                "labels-ah/im0002.ah.ppm",
                "labels-vk/im0001.vk.ppm",
                "labels-vk/im0002.vk.ppm",
            ],
            &["im0001", "im0002"],
        ),
        (
            "HRF",
            &[
                "images/01_dr.jpg",
                "images/02_g.jpg",
                "manual1/01_dr.tif",
                "manual1/02_g.tif",
                "mask/01_dr_mask.tif",
                "mask/02_g_mask.tif",
            ],
            &["01_dr", "02_g"],
        ),
        (
            "ISIC",
            &[
                "ISIC2018_Task1-2_Training_Input/ISIC_1.jpg",
                "ISIC2018_Task1-2_Training_Input/ISIC_2.jpg",
                "ISIC2018_Task1_Training_GroundTruth/ISIC_1_segmentation.png",
                "ISIC2018_Task1_Training_GroundTruth/ISIC_2_segmentation.png",
            ],
            &["ISIC_1", "ISIC_2"],
        ),
        (
            "BUSI",
            &[
                "benign/benign (1).png",
                "benign/benign (1)_mask.png",
                "benign/benign (1)_mask_1.png",
                "benign/benign (10).png",
                "benign/benign (10)_mask.png",
            ],
            &["benign (1)", "benign (10)"],
        ),
        (
            "BUSI, whole",
            &[
                "b/benign (1).png",
                "b/benign (1)_mask.png",
                "n/normal (1).png",
                "n/normal (1)_mask.png",
            ],
            &["benign (1)", "normal (1)"],
        ),
        (
            "BUS-BRA",
            &[
                "Images/bus_0001-l.png",
                "Images/bus_0001-r.png",
                "Masks/mask_0001-l.png",
                "Masks/mask_0001-r.png",
            ],
            &["bus_0001-l", "bus_0001-r"],
        ),
        (
            "carotid",
            &[
                "US images/a_slice_1.png",
                "US images/a_slice_2.png",
                "Expert mask images/a_slice_1.png",
                "Expert mask images/a_slice_2.png",
            ],
            &["a_slice_1", "a_slice_2"],
        ),
        (
            "dental",
            &[
                "Images/1.png",
                "Images/2.png",
                "Segmentation1/1.png",
                "Segmentation1/2.png",
                "Segmentation2/1.png",
                "Segmentation2/2.png",
            ],
            &["1", "2"],
        ),
        (
            "DSB2018",
            &[
                "s/aa/images/aa.png",
                "s/aa/masks/11.png",
                "s/aa/masks/12.png",
                "s/bb/images/bb.png",
                "s/bb/masks/21.png",
            ],
            &["aa", "bb"],
        ),
        (
            "TNBC",
            &[
                "Slide_01/01_1.png",
                "Slide_02/02_1.png",
                "GT_01/01_1.png",
                "GT_02/02_1.png",
            ],
            &["01_1", "02_1"],
        ),
        (
            "teeth",
            &[
                "d2/img/1.png",
                "d2/img/2.png",
                "d2/masks_machine/1.png",
                "d2/masks_machine/2.png",
            ],
            &["1", "2"],
        ),
        (
            "FracAtlas-like, outlines left aside",
            &["images/a.png", "images/b.png", "labels/a.png", "labels/b.png"],
            &["a", "b"],
        ),
        (
            "CHASE",
            &[
                "Image_01L.jpg",
                "Image_01L_1stHO mask.png",
                "Image_01R.jpg",
                "Image_01R_1stHO mask.png",
            ],
            &["Image_01L", "Image_01R"],
        ),
    ];
    for (set, files, expected) in layouts {
        let root = tempfile::tempdir().unwrap();
        for name in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = PairFolder::open(root.path()).and_then(|folder| folder.files());
        let found = found.unwrap_or_else(|error| panic!("{set}: {error}"));
        let names: Vec<&str> = found.iter().map(|pair| pair.name.as_str()).collect();
        assert_eq!(names, expected, "{set}");
        let joined = found.iter().map(|pair| pair.masks.len()).max();
        assert_eq!(
            joined,
            Some(if set == "BUSI" || set == "DSB2018" { 2 } else { 1 }),
            "{set}"
        );
        assert!(
            !found
                .iter()
                .any(|pair| pair.masks[0].to_string_lossy().contains("/mask/")),
            "{set}"
        );
    }
}

#[test]
fn frames_without_a_mask_are_left_out_on_request() {
    let root = folder(&["01/t000.tif", "01/t001.tif", "01_GT/SEG/label/x.tif"]);
    let seg = root.path().join("01_GT/SEG/man_seg001.tif");
    ImageBuffer::from_fn(4, 2, |x, _| Luma([x as u16])).save(seg).unwrap();
    let open = || PairFolder::open_with(root.path(), "01", "01_GT/SEG").unwrap();
    assert!(message(&root, open().load()).contains("t000.tif has no mask"));
    let data = open()
        .without_unpaired()
        .with_foreground(Foreground::NonZero)
        .load()
        .unwrap();
    assert_eq!((data.len(), data.foreground_fraction()), (1, 0.75));
}

#[test]
fn parts_of_a_mask_are_joined_and_outlines_filled() {
    let root = folder(&["images/1.png", "images/2.png", "masks/1_mask.png"]);
    let last = Mask::from_fn(4, 2, |x, _| x == 3);
    save_mask(&last, root.path().join("masks/1_mask_1.png")).unwrap();
    let outlines = r#"<Annotations><Annotation><Regions><Region><Vertices><Vertex X="0" Y="0"/><Vertex X="3" Y="0"/>
        <Vertex X="3" Y="0.5"/></Vertices></Region></Regions></Annotation></Annotations>"#;
    fs::write(root.path().join("masks/2.xml"), outlines).unwrap();
    let data = load(&root).unwrap();
    let shares: Vec<f32> = data.iter().map(|pair| pair.mask().foreground_fraction()).collect();
    assert_eq!(shares, [0.5, 0.5]);
}
