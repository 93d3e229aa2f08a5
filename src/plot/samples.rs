//! One of every figure, for tests: drawn, checked for well-formedness, and kept for looking at.
//!
//! `UNET_LAB_FIGURES=/tmp/figures cargo test -p unet_lab plot` writes them there.

use super::*;
use crate::data::phantom::{EmPhantom, NucleiPhantom};
use crate::data::{Image, Mask, Side, otsu_mask, otsu_threshold};
use crate::device::cpu;
use crate::nn::{NetworkConfig, UNetConfig};
use crate::train::{EpochRecord, History, Stopped};

/// A made-up training of so many epochs that overfits towards its end.
pub(super) fn history(epochs: usize) -> History {
    let records = (1..=epochs).map(|epoch| {
        let t = epoch as f32;
        let dice = (0.87 - 0.64 / t).max(0.0) - 0.004 * t;
        EpochRecord {
            epoch,
            train_loss: 0.08 + 0.6 / t,
            val_loss: 0.15 + 0.5 / t + 0.012 * t,
            val_accuracy: 0.95 - 0.15 / t,
            val_dice: (dice.clamp(0.0, 1.0) * 100.0).round() / 100.0 + if epoch == 4 { 0.02 } else { 0.0 },
            val_iou: dice / (2.0 - dice),
            seconds: 4.5,
            ..EpochRecord::default()
        }
    });
    History {
        records: records.collect(),
        stopped: Stopped::Finished,
        ..History::new(42)
    }
}

/// Checks a figure and, when asked to, keeps it.
pub(super) fn keep(figure: &Figure, name: &str) {
    let svg = figure.drawing().expect("a drawing");
    assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count(), "{name}");
    assert!(svg.contains("<title>") && svg.contains("fill=\"#ffffff\""), "{name}");
    let numbers = [",", "\"", " "]
        .iter()
        .flat_map(|before| ["NaN", "inf", "-inf"].map(|v| format!("{before}{v}")));
    assert!(numbers.into_iter().all(|bad| !svg.contains(&bad)), "{name}");
    if let Some(folder) = std::env::var_os("UNET_LAB_FIGURES") {
        std::fs::create_dir_all(&folder).unwrap();
        figure
            .save(std::path::Path::new(&folder).join(format!("{name}.svg")))
            .unwrap();
    }
}

#[test]
fn every_figure_is_well_formed_and_says_what_it_shows() {
    let em = EmPhantom::new(128).with_count(6).generate();
    let nuclei = NucleiPhantom::new(256).with_count(3).generate();
    let pair = &em.pairs()[0];
    let prediction = otsu_mask(pair.image(), Side::Dark);
    let otsu = otsu_threshold(nuclei.pairs()[0].image());
    let wide = Image::from_fn(40, 20, |x, y| (x * y) as f32 / 741.0);
    let predictions: Vec<Mask> = em.iter().map(|p| otsu_mask(p.image(), Side::Dark)).collect();
    let figures = [
        ("picture", picture(nuclei.pairs()[1].image())),
        (
            "pictures",
            pictures(&[("spot A", &wide), ("a nucleus", nuclei.pairs()[0].image())]),
        ),
        ("overlay", overlay(pair.image(), pair.mask()).unwrap()),
        ("gallery_em", gallery(&em, 6)),
        ("gallery_nuclei", gallery(&nuclei, 3)),
        ("compare", compare(pair, &prediction).unwrap()),
        ("compare_all", compare_all(&em.first(3), &predictions[..3]).unwrap()),
        ("heat_map", heat_map(&wide)),
        ("heat_map_em", heat_map(pair.image())),
        ("histogram", histogram(nuclei.pairs()[0].image(), Some(otsu))),
        ("histogram_by_mask", histogram_by_mask(pair)),
        ("curves", curves(&history(12))),
        ("curves_one_epoch", curves(&history(1))),
        ("curves_long", curves(&history(80))),
        ("curves_none", curves(&history(0))),
        ("u_original", u_diagram(&UNetConfig::original(), [572, 572]).unwrap()),
        ("u_course", u_diagram(&UNetConfig::new(3, 1), [256, 256]).unwrap()),
        (
            "u_small",
            u_diagram(&UNetConfig::new(1, 3).with_base_channels(8).with_depth(2), [64, 96]).unwrap(),
        ),
        (
            "u_depth_1",
            u_diagram(&UNetConfig::new(1, 1).with_base_channels(16).with_depth(1), [32, 32]).unwrap(),
        ),
    ];
    let networks = [
        ("course", &[256, 256][..]),
        ("unet++", &[128, 128]),
        ("vnet", &[64, 64, 64]),
        ("resnet34", &[224, 224]),
        ("original", &[572, 572]),
    ];
    let diagrams = networks.map(|(preset, size)| {
        let channels = if preset == "resnet34" { 3 } else { 1 };
        let network = NetworkConfig::preset(preset, channels, 1)
            .unwrap()
            .with_base_channels(16)
            .try_init(&cpu())
            .unwrap();
        (preset, network_diagram(&network, size).unwrap())
    });
    diagrams
        .iter()
        .for_each(|(preset, figure)| keep(figure, &format!("network_{preset}")));
    for (name, figure) in &figures {
        assert!(figure.alt().len() > 20, "{name}: {}", figure.alt());
        keep(figure, name);
    }
}

#[test]
fn a_history_without_validation_has_no_scores() {
    let mut history = history(5);
    for r in &mut history.records {
        (r.val_loss, r.val_accuracy, r.val_dice, r.val_iou) = (f32::NAN, f32::NAN, f32::NAN, f32::NAN);
    }
    let figure = curves(&history);
    assert_eq!(figure.alt(), "Training curves of 5 epochs: training loss 0.2000");
    keep(&figure, "curves_no_validation");
}

#[test]
fn the_u_names_every_level() {
    let figure = u_diagram(&UNetConfig::new(3, 1), [256, 256]).unwrap();
    assert_eq!(
        figure.alt(),
        "The U-Net for images of 3 x 256 x 256 (channels x height x width): encoder 1 64 x 256 x 256, encoder 2 128 x 128 x 128, \
         encoder 3 256 x 64 x 64, encoder 4 512 x 32 x 32, bottleneck 1024 x 16 x 16, decoder 4 512 x 32 x 32, \
         decoder 3 256 x 64 x 64, decoder 2 128 x 128 x 128, decoder 1 64 x 256 x 256, output 1 x 256 x 256"
    );
    assert!(u_diagram(&UNetConfig::new(3, 1), [250, 256]).is_err());
}

#[test]
fn what_does_not_fit_is_refused() {
    let pair = &EmPhantom::new(32).with_count(1).generate().pairs()[0].clone();
    let small = Mask::from_fn(16, 16, |_, _| true);
    assert!(overlay(pair.image(), &small).is_err());
    assert!(compare(pair, &small).is_err());
}
