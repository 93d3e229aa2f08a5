//! What all phantoms promise: pictures that never change, any size, and little waiting.

use super::*;
use crate::{DataError, Dataset};
use std::time::Instant;

type Images = fn(usize, usize) -> Dataset;
type Volumes = fn(usize, usize) -> Result<VolumeSet, DataError>;

/// So many images of a size.
const IMAGES: [(&str, Images, u64); 9] = [
    (
        "retina",
        |size, n| RetinaPhantom::new(size).with_count(n).generate(),
        0xbcf3_ef3f_829c_aa3e,
    ),
    (
        "skin",
        |size, n| SkinPhantom::new(size).with_count(n).generate(),
        0x0084_06b0_c44a_2608,
    ),
    (
        "fracture",
        |size, n| FracturePhantom::new(size).with_count(n).generate(),
        0x00fa_113e_dffa_563a,
    ),
    (
        "dental",
        |size, n| DentalPhantom::new(size).with_count(n).generate(),
        0xbd5a_c585_94d3_b0cc,
    ),
    (
        "breast",
        |size, n| BreastUltrasoundPhantom::new(size).with_count(n).generate(),
        0x5670_ae49_4367_abd9,
    ),
    (
        "carotid",
        |size, n| CarotidPhantom::new(size).with_count(n).generate(),
        0xc0d3_7fbc_5709_fb74,
    ),
    (
        "carotid along",
        |size, n| {
            let along = CarotidPhantom::new(size)
                .with_count(n)
                .with_view(CarotidView::Longitudinal);
            along.with_target(CarotidTarget::IntimaMedia).generate()
        },
        0x2804_a425_684c_f6ab,
    ),
    (
        "teeth",
        |size, n| {
            DentalPhantom::new(size)
                .with_count(n)
                .with_target(DentalTarget::Teeth)
                .generate()
        },
        0x6bc2_cfad_688c_ca13,
    ),
    (
        "histology",
        |size, n| HistologyPhantom::new(size).with_count(n).generate(),
        0x16fe_36f5_2bea_c019,
    ),
];

/// So many volumes of a size.
const VOLUMES: [(&str, Volumes, u64); 5] = [
    (
        "lung",
        |size, n| LungPhantom::new(size).with_count(n).generate(),
        0x381e_9583_be88_0b53,
    ),
    (
        "brain",
        |size, n| BrainTumourPhantom::new(size).with_count(n).generate(),
        0xf591_5ce0_cdd4_f636,
    ),
    (
        "liver",
        |size, n| LiverPhantom::new(size).with_count(n).generate(),
        0x43df_e74b_308a_4a58,
    ),
    (
        "heart",
        |size, n| HeartPhantom::new(size).with_patients(n).generate(),
        0x7873_fda2_9454_a6c6,
    ),
    (
        "organs",
        |size, n| OrganPhantom::new(size).with_count(n).generate(),
        0x5190_40b8_9830_c765,
    ),
];

/// A change of these numbers changes figures and results of the course.
#[test]
fn the_images_never_change() {
    let mut found = Vec::new();
    for (name, make, wanted) in IMAGES {
        let print = fingerprint(&make(48, 2));
        if print != wanted {
            found.push(format!("{name}: {print:#x}"));
        }
    }
    for (name, make, wanted) in VOLUMES {
        let print = checks::volume_print(&make(20, 1).unwrap());
        if print != wanted {
            found.push(format!("{name}: {print:#x}"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn any_size_will_do() {
    for size in [0, 1, 2, 3, 17] {
        for (name, make, _) in IMAGES {
            let data = make(size, 3);
            assert_eq!(data.len(), 3, "{name} of {size}");
            let [height, width] = data.size().unwrap();
            assert!(
                height == size && (width == size || width == 2 * size),
                "{name} of {size}"
            );
            let proper = |v: &f32| (0.0..=1.0).contains(v);
            assert!(
                data.iter().all(|p| p.image().data().iter().all(proper)),
                "{name} of {size}"
            );
        }
        for (name, make, _) in VOLUMES {
            let set = make(size, 1).unwrap();
            assert!(
                !set.is_empty() && set.cases()[0].volume().size()[1] == size,
                "{name} of {size}"
            );
            assert!(
                set.iter().all(|c| c.volume().data().iter().all(|v| v.is_finite())),
                "{name} of {size}"
            );
        }
    }
    assert!(IMAGES.iter().all(|(_, make, _)| make(16, 0).is_empty()));
    assert!(VOLUMES.iter().all(|(_, make, _)| make(8, 0).unwrap().is_empty()));
    assert_eq!(
        LungPhantom::new(8).with_count(0).generate().unwrap().to_string(),
        "no cases"
    );
}

#[test]
fn settings_out_of_their_range_do_no_harm() {
    let odd = [f32::NAN, f32::INFINITY, -3.0, 1e9];
    for noise in odd {
        assert_eq!(
            RetinaPhantom::new(16).with_count(1).with_noise(noise).generate().len(),
            1
        );
        assert_eq!(SkinPhantom::new(16).with_count(1).with_noise(noise).generate().len(), 1);
        assert_eq!(
            FracturePhantom::new(16)
                .with_count(1)
                .with_noise(noise)
                .with_fractured(noise)
                .generate()
                .len(),
            1
        );
        assert_eq!(
            DentalPhantom::new(16).with_count(1).with_noise(noise).generate().len(),
            1
        );
        assert_eq!(
            BreastUltrasoundPhantom::new(16)
                .with_count(1)
                .with_noise(noise)
                .generate()
                .len(),
            1
        );
        assert_eq!(
            CarotidPhantom::new(16)
                .with_count(1)
                .with_frames(0)
                .with_noise(noise)
                .generate()
                .len(),
            1
        );
        assert_eq!(
            HistologyPhantom::new(16)
                .with_count(1)
                .with_noise(noise)
                .generate()
                .len(),
            1
        );
        let lungs = LungPhantom::new(8)
            .with_count(1)
            .with_noise(noise)
            .with_ground_glass(noise);
        assert_eq!(lungs.generate().unwrap().len(), 1);
        assert_eq!(
            BrainTumourPhantom::new(8)
                .with_count(1)
                .with_noise(noise)
                .generate()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            HeartPhantom::new(8)
                .with_patients(1)
                .with_noise(noise)
                .generate()
                .unwrap()
                .len(),
            2
        );
        let step = f64::from(noise);
        let wide = OrganPhantom::new(4)
            .with_count(1)
            .with_spacing([step, 2.0, 2.0])
            .generate();
        assert_eq!(wide.is_ok(), noise == 1e9);
    }
}

#[test]
fn spacing_position_and_names_go_with_the_volume() {
    let set = HeartPhantom::new(20)
        .with_spacing([8.0, 1.5, 1.5])
        .with_patients(1)
        .generate()
        .unwrap();
    assert_eq!(
        set.to_string(),
        "2 cases of 10 x 20 x 20 voxels, 8.00 x 1.50 x 1.50 mm, labels 1 right ventricle, 2 myocardium, 3 left ventricle"
    );
    let geometry = set.cases()[0].volume().geometry();
    assert_eq!(geometry.orientation(), "LPS");
    // The middle of the box is the origin of the world.
    let middle = geometry.point([4.5, 9.5, 9.5]);
    assert!(middle.iter().all(|v| v.abs() < 1e-9), "{middle:?}");
    assert_eq!(set.cases()[0].labels().spacing(), [8.0, 1.5, 1.5]);
}

/// `cargo test --release -p unet_lab_data phantom -- --ignored --nocapture`
#[test]
#[ignore = "takes time itself: run it alone on an idle machine"]
fn nobody_waits_long() {
    for (name, make, _) in IMAGES {
        make(64, 1);
        let start = Instant::now();
        make(512, 4);
        let seconds = start.elapsed().as_secs_f32() / 4.0;
        println!("{name}: {seconds:.3} s an image of 512");
        assert!(seconds < 0.6, "{name}: {seconds} s");
    }
    for (name, make, _) in VOLUMES {
        let start = Instant::now();
        let cases = make(64, 2).unwrap().len();
        let seconds = start.elapsed().as_secs_f32() / cases as f32;
        println!("{name}: {seconds:.3} s a volume of 64");
        assert!(seconds < 1.5, "{name}: {seconds} s");
    }
}
