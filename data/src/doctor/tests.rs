//! A clean set gives no finding; the same set damaged in one way gives exactly that one.

use super::*;
use crate::Image;
use crate::phantom::NucleiPhantom;

/// Eight pictures of nuclei, 8-bit, masks of 0 and 255.
fn clean() -> Vec<Case> {
    let data = NucleiPhantom::new(128).with_count(8).with_seed(3).generate();
    let case = |pair: &crate::ImagePair| {
        let image = pair
            .image()
            .data()
            .iter()
            .map(|&value| (value * 255.0).round() as u8)
            .collect();
        let mask = pair
            .mask()
            .data()
            .iter()
            .map(|&inside| if inside { 255 } else { 0 })
            .collect();
        Case {
            name: pair.name.clone(),
            image_file: None,
            mask_file: None,
            image: Decoded::new(Format::Png, Samples::U8(image), [1, 128, 128]).unwrap(),
            mask: Decoded::new(Format::Png, Samples::U8(mask), [1, 128, 128]).unwrap(),
            split: None,
            group: None,
        }
    };
    data.iter().map(case).collect()
}

fn bytes(file: &Decoded) -> Vec<u8> {
    match &file.samples {
        Samples::U8(bytes) => bytes.clone(),
        other => panic!("{other:?}"),
    }
}

fn picture(bytes: Vec<u8>, height: usize, width: usize) -> Decoded {
    Decoded::new(Format::Png, Samples::U8(bytes), [1, height, width]).unwrap()
}

/// The kinds found after damage.
fn found(damage: impl FnOnce(&mut Vec<Case>)) -> (Vec<Kind>, Report) {
    let mut cases = clean();
    damage(&mut cases);
    let report = examine(&cases);
    (report.kinds(), report)
}

#[track_caller]
fn only(kind: Kind, damage: impl FnOnce(&mut Vec<Case>)) -> Finding {
    let (kinds, report) = found(damage);
    assert_eq!(kinds, [kind], "{report}");
    assert_eq!(report.findings().len(), 1, "{report}");
    assert!(report.to_string().contains(&kind.to_string()));
    report.findings()[0].clone()
}

#[test]
fn a_clean_set_has_no_finding() {
    let (kinds, report) = found(|_| {});
    assert!(kinds.is_empty(), "{report}");
    assert_eq!(report.to_string(), "8 pair(s): nothing to complain about");
    assert_eq!(serde_json::to_string(&report).unwrap(), r#"{"pairs":8,"findings":[]}"#);
}

#[test]
fn an_empty_and_a_full_mask() {
    let one = only(Kind::EmptyMask, |cases| {
        cases[2].mask = picture(vec![0; 128 * 128], 128, 128)
    });
    assert_eq!(one.pair.as_deref(), Some(clean()[2].name.as_str()));
    let one = only(Kind::FullMask, |cases| {
        cases[2].mask = picture(vec![255; 128 * 128], 128, 128)
    });
    assert!(one.found.contains("255"), "{}", one.found);
}

#[test]
fn masks_of_another_size_with_the_likely_reason() {
    let cut = |mask: &Decoded, height: usize, width: usize| {
        let all = bytes(mask);
        picture(
            (0..height * width)
                .map(|i| all[i / width % 128 * 128 + i % width % 128])
                .collect(),
            height,
            width,
        )
    };
    let half = |mask: &Decoded| {
        picture(
            (0..64 * 64)
                .map(|i| bytes(mask)[i / 64 * 2 * 128 + i % 64 * 2])
                .collect(),
            64,
            64,
        )
    };
    let one = only(Kind::WrongSize, |cases| cases[0].mask = cut(&cases[0].mask, 126, 128));
    assert!(one.found.contains("cut"), "{}", one.found);
    let one = only(Kind::WrongSize, |cases| cases[0].mask = half(&cases[0].mask));
    assert!(one.found.contains("0.500 times"), "{}", one.found);
    let one = only(Kind::WrongSize, |cases| cases[0].mask = cut(&cases[0].mask, 100, 70));
    assert!(one.found.contains("nothing in common"), "{}", one.found);
    let (kinds, report) = found(|cases| {
        for case in cases {
            (case.image, case.mask) = (cut(&case.image, 96, 128), cut(&case.mask, 128, 96));
        }
    });
    assert_eq!(kinds, [Kind::WrongSize]);
    assert!(report.findings()[0].found.contains("changed places"), "{report}");
}

#[test]
fn values_that_are_no_class() {
    let one = only(Kind::StrayValues, |cases| {
        let mut mask = bytes(&cases[1].mask);
        (mask[300], mask[4000], mask[9000]) = (130, 130, 233);
        cases[1].mask = picture(mask, 128, 128);
    });
    assert!(
        one.found
            .starts_with("3 of 16384 pixels, 2 value(s) such as 130 (2 pixel(s)), 233 (1 pixel(s))"),
        "{}",
        one.found
    );
    only(Kind::StrayValues, |cases| {
        let grey = image::GrayImage::from_raw(128, 128, bytes(&cases[1].mask)).unwrap();
        let mut jpeg = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 60)
            .encode_image(&grey)
            .unwrap();
        cases[1].mask = formats::decode(&jpeg, Limits::default(), &|_| unreachable!()).unwrap();
    });
}

#[test]
fn edges_that_fade() {
    only(Kind::SoftEdges, |cases| {
        let mask = bytes(&cases[1].mask);
        let soft = Image::from_fn(128, 128, |x, y| f32::from(mask[y * 128 + x]) / 255.0)
            .resized(64, 64)
            .resized(128, 128);
        cases[1].mask = picture(
            soft.data().iter().map(|&v| (v * 255.0).round() as u8).collect(),
            128,
            128,
        );
    });
}

#[test]
fn colours_and_a_turned_palette() {
    let one = only(Kind::ColourCoded, |cases| {
        let mask = bytes(&cases[1].mask);
        let planes: Vec<u8> = mask
            .iter()
            .copied()
            .chain(mask.iter().map(|_| 0))
            .chain(mask.iter().map(|_| 0))
            .collect();
        cases[1].mask = Decoded::with_shape(Format::Png, Samples::U8(planes), 1, 3, [1, 128, 128]).unwrap();
    });
    assert!(one.found.contains("[255, 0, 0]"), "{}", one.found);
    only(Kind::TurnedPalette, |cases| {
        let turned = bytes(&cases[1].mask).iter().map(|&v| 255 - v).collect();
        cases[1].mask = picture(turned, 128, 128);
        cases[1].mask.palette = Some((0..=255).rev().map(|grey| [grey; 3]).collect());
    });
}

fn inverted(mask: &Decoded) -> Decoded {
    picture(bytes(mask).iter().map(|&v| 255 - v).collect(), 128, 128)
}

#[test]
fn foreground_and_background_swapped_in_one_and_in_all() {
    let one = only(Kind::SwappedForeground, |cases| {
        cases[4].mask = inverted(&cases[4].mask)
    });
    assert_eq!(one.pair.as_deref(), Some(clean()[4].name.as_str()));
    let all = only(Kind::SwappedForeground, |cases| {
        cases.iter_mut().for_each(|case| case.mask = inverted(&case.mask))
    });
    assert!(all.pair.is_none() && all.advice.contains("Foreground::Zero"), "{all:?}");
}

#[test]
fn masks_moved_to_one_side() {
    for (right, down) in [(5, 3), (-6, 0), (0, 8)] {
        let one = only(Kind::Misaligned, |cases| {
            for case in cases {
                let mask = bytes(&case.mask);
                // The mask moves left and up by what it should be moved back.
                let at =
                    |x: i64, y: i64| mask[(y + down).clamp(0, 127) as usize * 128 + (x + right).clamp(0, 127) as usize];
                case.mask = picture((0..128 * 128).map(|i| at(i % 128, i / 128)).collect(), 128, 128);
            }
        });
        assert!(
            one.found
                .contains(&format!("by {right} pixel(s) to the right and {down} down")),
            "{}",
            one.found
        );
    }
}

#[test]
fn flat_images_and_values_that_are_none() {
    only(Kind::FlatImage, |cases| {
        cases[3].image = picture((0..128 * 128).map(|i| 80 + (i % 2) as u8).collect(), 128, 128)
    });
    let (kinds, report) = found(|cases| {
        for case in cases.iter_mut() {
            case.image.samples = Samples::F32(case.image.samples.scaled(1.0, 0.0));
        }
        if let Samples::F32(values) = &mut cases[5].image.samples {
            (values[7], values[8]) = (f32::NAN, f32::INFINITY);
        }
    });
    assert_eq!(kinds, [Kind::NotANumber]);
    assert!(report.findings()[0].found.starts_with("2 value(s)"), "{report}");
}

#[test]
fn an_image_twice_and_on_both_sides_of_a_split() {
    let twice = |cases: &mut Vec<Case>| {
        cases[6].image = cases[1].image.clone();
        cases[6].mask = cases[1].mask.clone();
    };
    only(Kind::Duplicate, twice);
    let halves = |cases: &mut Vec<Case>| {
        for (i, case) in cases.iter_mut().enumerate() {
            case.split = Some(if i < 4 { "train" } else { "test" }.to_owned());
        }
    };
    let one = only(Kind::Leakage, |cases| {
        twice(cases);
        halves(cases);
    });
    assert!(
        one.found.contains("(train)") && one.found.contains("(test)"),
        "{}",
        one.found
    );
    // A copy with noise and another brightness is no equal, but alike.
    let copy = |cases: &mut Vec<Case>| {
        let source = bytes(&cases[1].image);
        let changed = source
            .iter()
            .enumerate()
            .map(|(i, &v)| (v / 2).saturating_add((i % 3) as u8))
            .collect();
        cases[6].image = picture(changed, 128, 128);
        cases[6].mask = cases[1].mask.clone();
    };
    only(Kind::NearDuplicates, copy);
    only(Kind::Leakage, |cases| {
        copy(cases);
        halves(cases);
    });
    only(Kind::GroupLeakage, |cases| {
        halves(cases);
        (cases[0].group, cases[7].group) = (Some("P1".into()), Some("P1".into()));
    });
}

#[test]
fn mixed_sizes_channels_and_types() {
    only(Kind::MixedSizes, |cases| {
        let [image, mask] =
            [&cases[0].image, &cases[0].mask].map(|file| picture(bytes(file)[..128 * 100].to_vec(), 100, 128));
        (cases[0].image, cases[0].mask) = (image, mask);
    });
    only(Kind::MixedChannels, |cases| {
        let planes = bytes(&cases[0].image).repeat(3);
        cases[0].image = Decoded::with_shape(Format::Png, Samples::U8(planes), 1, 3, [1, 128, 128]).unwrap();
    });
    only(Kind::MixedTypes, |cases| {
        cases[0].image.samples = Samples::U16(bytes(&cases[0].image).iter().map(|&v| u16::from(v)).collect());
    });
}

#[test]
fn labels_that_do_not_agree() {
    let ones = |mask: &Decoded| picture(bytes(mask).iter().map(|&v| v / 255).collect(), 128, 128);
    let one = only(Kind::InconsistentLabels, |cases| cases[0].mask = ones(&cases[0].mask));
    assert!(one.found.contains("1 in 1, 255 in 7"), "{}", one.found);
    let halves = |mask: &Decoded, value: u8| {
        let left = bytes(mask)
            .iter()
            .enumerate()
            .map(|(i, &v)| if i % 128 < 64 { v.min(value) } else { v })
            .collect();
        picture(left, 128, 128)
    };
    let one = only(Kind::InconsistentLabels, |cases| {
        for (i, case) in cases.iter_mut().enumerate() {
            case.mask = halves(&case.mask, if i == 0 { 127 } else { 128 });
        }
    });
    assert!(one.found.contains("127 and 128"), "{}", one.found);
}
