//! Made-up medical images: they look like the real thing, with a mask that is exactly right, from a seed.
//!
//! A phantom needs no download and no licence, is the same on every machine, and can be made as large or as hard as a
//! lesson wants. It is no substitute for real data: a network trained on a phantom has learnt the phantom. Taught in
//! unit 02; each project of the course has one:
//!
//! | project | phantom | gives |
//! |---|---|---|
//! | 1 lung nodules | [`LungPhantom`] | CT volumes in HU |
//! | 2 brain tumours | [`BrainTumourPhantom`] | MR volumes of four sequences |
//! | 3 liver lesions | [`LiverPhantom`] | CT volumes in HU |
//! | 4 retinal vessels | [`RetinaPhantom`] | colour images |
//! | 5 heart | [`HeartPhantom`] | MR stacks of thick slices |
//! | 6 fractures | [`FracturePhantom`] | grey images |
//! | 7 skin lesions | [`SkinPhantom`] | colour images |
//! | 8 jaws and teeth | [`DentalPhantom`] | grey images, twice as wide as high |
//! | 9 breast | [`BreastUltrasoundPhantom`] | grey images |
//! | 10 carotid artery | [`CarotidPhantom`] | grey images, sweeps of frames |
//! | 11 microscopy | [`EmPhantom`], [`NucleiPhantom`], [`HistologyPhantom`] | grey and colour images |
//! | 12 organs | [`OrganPhantom`] | CT volumes in HU |
//!
//! Images come as a [`Dataset`](crate::Dataset), volumes as a [`VolumeSet`]. Both name the patient of each image as its group,
//! for splits that keep a patient on one side.

mod abdomen;
mod brain;
#[cfg(test)]
mod brain_tests;
mod breast;
#[cfg(test)]
mod breast_tests;
mod carotid;
#[cfg(test)]
mod carotid_tests;
mod cells;
#[cfg(test)]
mod checks;
mod dental;
#[cfg(test)]
mod dental_tests;
mod em;
#[cfg(test)]
mod every_tests;
#[cfg(test)]
mod figures;
mod fluorescence;
mod fracture;
mod heart;
mod histology;
#[cfg(test)]
mod histology_tests;
mod ink;
mod liver;
mod lung;
#[cfg(test)]
mod lung_tests;
mod noise;
mod organelles;
mod organs;
mod retina;
#[cfg(test)]
mod retina_tests;
mod scanner;
mod skin;
#[cfg(test)]
mod skin_tests;
mod space;
#[cfg(test)]
mod space_tests;
mod torso;
mod ultrasound;
mod volume_set;

pub use brain::BrainTumourPhantom;
pub use breast::{BreastFinding, BreastUltrasoundPhantom};
pub use carotid::{CarotidPhantom, CarotidTarget, CarotidView};
pub use dental::{DentalPhantom, DentalTarget};
pub use em::EmPhantom;
pub use fluorescence::NucleiPhantom;
pub use fracture::FracturePhantom;
pub use heart::HeartPhantom;
pub use histology::HistologyPhantom;
pub use liver::LiverPhantom;
pub use lung::LungPhantom;
pub use organs::OrganPhantom;
pub use retina::RetinaPhantom;
pub use skin::SkinPhantom;
pub use volume_set::{PhantomCase, VolumeSet};

#[cfg(test)]
#[test]
fn odd_sizes_and_settings_do_no_harm() {
    for size in [0, 1, 2, 17] {
        assert_eq!(EmPhantom::new(size).with_count(1).with_noise(9.0).generate().len(), 1);
        let dark = NucleiPhantom::new(size).with_count(1).with_photons(0.0).generate();
        assert!(dark.pairs()[0].image().data().iter().all(|v| (0.0..=1.0).contains(v)));
    }
    assert!(EmPhantom::new(32).with_count(0).generate().is_empty());
}

/// FNV-1a over the 8-bit grey values and the masks of a data set.
#[cfg(test)]
fn fingerprint(data: &super::Dataset) -> u64 {
    let bytes = data.iter().flat_map(|p| {
        let grey = p.image().data().iter().map(|v| (v * 255.0).round() as u8);
        grey.chain(p.mask().data().iter().map(|&m| u8::from(m)))
    });
    fnv(bytes)
}

#[cfg(test)]
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
