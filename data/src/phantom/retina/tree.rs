//! The vessels of an eye.

use super::Eye;
use crate::phantom::ink::{Spot, stroke};
use crate::phantom::noise::{Field, between, distance, normal};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::{PI, TAU};
/// How much of each pixel is vein, artery, and the bright line on an artery.
pub(super) struct Tree {
    pub veins: Field,
    pub arteries: Field,
    pub reflex: Field,
}

#[derive(Clone, Copy)]
pub(super) struct Twig {
    pub at: Spot,
    pub heading: f32,
    pub radius: f32,
    pub vein: bool,
    /// How it is steered: 1 or -1 around the macula, 0 freely.
    pub arcade: f32,
    pub level: usize,
}

impl Tree {
    pub fn grow(rng: &mut ChaCha8Rng, eye: &Eye, size: usize) -> Self {
        let mut tree = Self {
            veins: Field::filled(size, 0.0),
            arteries: Field::filled(size, 0.0),
            reflex: Field::filled(size, 0.0),
        };
        let u = eye.unit;
        let mut open = Vec::new();
        for vein in [true, false] {
            for up in [-1.0, 1.0] {
                let start = [
                    eye.nerve[0] + 0.2 * eye.nerve_radius * normal(rng),
                    eye.nerve[1] + up * 0.15 * eye.nerve_radius,
                ];
                let temporal = if eye.side > 0.0 { PI } else { 0.0 };
                let lean = between(rng, 0.75, 1.2) + if vein { 0.0 } else { between(rng, -0.15, 0.25) };
                // Angles run clockwise on the screen, where y grows downwards.
                let towards = |angle: f32| {
                    if eye.side > 0.0 {
                        temporal - up * angle
                    } else {
                        up * angle
                    }
                };
                let radius = u * if vein {
                    between(rng, 3.3, 4.1)
                } else {
                    between(rng, 2.4, 3.0)
                };
                let twig = |heading: f32, radius: f32, arcade: f32| Twig {
                    at: start,
                    heading,
                    radius,
                    vein,
                    arcade,
                    level: 0,
                };
                open.push(twig(towards(lean), radius, up));
                open.push(twig(towards(PI - between(rng, 0.45, 1.0)), 0.8 * radius, 0.0));
                if rng.random::<f32>() < 0.7 {
                    open.push(twig(towards(between(rng, 0.1, 0.5)), 0.42 * radius, 0.0));
                }
                if rng.random::<f32>() < 0.5 {
                    open.push(twig(towards(PI - between(rng, 0.0, 0.4)), 0.45 * radius, 0.0));
                }
            }
        }
        while let Some(twig) = open.pop() {
            tree.follow(rng, eye, twig, &mut open);
        }
        tree
    }

    /// Draws a vessel to its end and puts its branches on the list.
    pub fn follow(&mut self, rng: &mut ChaCha8Rng, eye: &Eye, twig: Twig, open: &mut Vec<Twig>) {
        let u = eye.unit;
        let Twig {
            mut at,
            mut heading,
            mut radius,
            ..
        } = twig;
        let step = 3.0 * u;
        let mut ring = eye.radius * between(rng, 0.50, 0.62);
        let (mut bend, mut since, mut hand) = (0.0, 0.0, if rng.random::<bool>() { 1.0 } else { -1.0 });
        let aim = heading + 0.12 * normal(rng);
        let mut gap = between(rng, 14.0, 34.0) * u;
        for _ in 0..400 {
            bend = 0.88 * bend + 0.02 * normal(rng);
            heading += bend;
            if twig.arcade != 0.0 {
                let (dx, dy) = (at[0] - eye.macula[0], at[1] - eye.macula[1]);
                let away = dx.hypot(dy).max(1.0);
                // Along the ring, on towards the temple.
                let turn = if eye.side > 0.0 { twig.arcade } else { -twig.arcade };
                let tangent = (turn * dx).atan2(-turn * dy) + turn * 0.9 * (away - ring) / ring;
                let off = (tangent - heading + PI).rem_euclid(TAU) - PI;
                heading += 0.07 * off.clamp(-1.2, 1.2);
                ring *= 1.003;
            } else {
                heading += 0.05 * (aim - heading);
            }
            let to = [at[0] + step * heading.cos(), at[1] + step * heading.sin()];
            if eye.rim(to) > 2.0 * u || distance(to, eye.macula) < 0.075 * eye.radius {
                break;
            }
            let field = if twig.vein { &mut self.veins } else { &mut self.arteries };
            stroke(field, at, to, [radius; 2], 1.0);
            if !twig.vein && radius > 1.3 * u {
                stroke(&mut self.reflex, at, to, [0.3 * radius; 2], 1.0);
            }
            at = to;
            since += step;
            radius *= 1.0 - 0.0036 * if twig.level == 0 { 0.8 } else { 2.0 };
            if radius < 0.55 * u {
                break;
            }
            let clear = distance(at, eye.nerve) > 1.25 * eye.nerve_radius;
            if since > gap && clear && twig.level < 3 {
                let share = between(rng, 0.35, 0.75);
                let child = radius * share;
                if child > 0.5 * u {
                    open.push(Twig {
                        at,
                        heading: heading + hand * between(rng, 0.45, 1.0),
                        radius: child,
                        arcade: 0.0,
                        level: twig.level + 1,
                        ..twig
                    });
                }
                radius *= 1.0 - 0.09 * share;
                heading -= 0.12 * hand * share;
                hand = if rng.random::<f32>() < 0.75 { -hand } else { hand };
                (since, gap) = (0.0, between(rng, 22.0, 60.0) * u);
            }
        }
    }
}
