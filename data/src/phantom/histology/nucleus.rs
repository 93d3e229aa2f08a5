//! One nucleus.

use crate::phantom::ink::{Blob, Spot};
use crate::phantom::noise::{between, distance, normal, smoothstep};
use rand::{Rng, RngExt};
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Epithelial,
    Lymphocyte,
    Spindle,
}

pub(super) struct Nucleus {
    pub outline: Blob,
    pub kind: Kind,
    pub dye: f32,
    pub hollow: f32,
    pub spots: Vec<(Spot, f32)>,
}

impl Nucleus {
    pub fn new(rng: &mut impl Rng, at: Spot, axes: Spot, angle: f32, kind: Kind, dye: f32) -> Self {
        let count = if kind == Kind::Epithelial {
            rng.random_range(1..4)
        } else {
            rng.random_range(0..2)
        };
        let spots = (0..count)
            .map(|_| {
                let shift = [0; 2].map(|_| 0.45 * axes[1] * normal(rng));
                ([at[0] + shift[0], at[1] + shift[1]], between(rng, 1.0, 1.9))
            })
            .collect();
        Self {
            outline: Blob::new(rng, at, axes, angle, 0.045, 4),
            kind,
            dye,
            hollow: if kind == Kind::Epithelial {
                between(rng, 0.15, 0.5)
            } else {
                between(rng, 0.0, 0.15)
            },
            spots,
        }
    }

    /// Haematoxylin at a place: a dark rim, paler within, dark nucleoli, grainy chromatin.
    pub fn dye_at(&self, p: Spot, d: f32, chromatin: f32) -> f32 {
        let within = smoothstep(-0.8, -3.0, d);
        let rough = if self.kind == Kind::Lymphocyte { 0.22 } else { 0.15 };
        let mut dye = self.dye * (1.0 - self.hollow * within + rough * chromatin);
        for (at, radius) in &self.spots {
            dye += 0.5 * smoothstep(radius + 0.6, radius - 0.8, distance(p, *at));
        }
        dye.max(0.1)
    }
}
