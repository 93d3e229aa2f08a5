//! Places in the body in millimetres, solid shapes, and smooth noise in three dimensions.

use super::noise::{between, normal, smoothstep};
use rand::{Rng, RngExt};
use rayon::prelude::*;

/// A place `[x, y, z]` in mm: x grows to the patient's left, y to the back, z to the head.
pub(super) type Point = [f32; 3];

pub(super) fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(super) fn along(a: Point, direction: Point, t: f32) -> Point {
    [
        a[0] + direction[0] * t,
        a[1] + direction[1] * t,
        a[2] + direction[2] * t,
    ]
}

pub(super) fn dot(a: Point, b: Point) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn length(a: Point) -> f32 {
    dot(a, a).sqrt()
}

pub(super) fn unit(a: Point) -> Point {
    let l = length(a).max(1e-6);
    a.map(|v| v / l)
}

/// A random direction, all equally likely but for the coarseness of the bell curve.
pub(super) fn direction(rng: &mut impl Rng) -> Point {
    unit([normal(rng), normal(rng), normal(rng)])
}

/// About the distance from an ellipsoid's surface, negative inside; exact on the surface.
pub(super) fn ellipsoid(p: Point, middle: Point, radii: Point) -> f32 {
    let q = minus(p, middle);
    let (u, v) = (
        [q[0] / radii[0], q[1] / radii[1], q[2] / radii[2]],
        [
            q[0] / (radii[0] * radii[0]),
            q[1] / (radii[1] * radii[1]),
            q[2] / (radii[2] * radii[2]),
        ],
    );
    let (k, g) = (length(u), length(v));
    if g < 1e-6 {
        return -radii[0].min(radii[1]).min(radii[2]);
    }
    k * (k - 1.0) / g
}

/// The distance from a rod with round ends whose radius goes from `radii[0]` to `radii[1]`, negative inside.
pub(super) fn rod(p: Point, from: Point, to: Point, radii: [f32; 2]) -> f32 {
    let (q, axis) = (minus(p, from), minus(to, from));
    let t = (dot(q, axis) / dot(axis, axis).max(1e-6)).clamp(0.0, 1.0);
    length(minus(q, axis.map(|v| v * t))) - (radii[0] + (radii[1] - radii[0]) * t)
}

/// The distance from a chain of rods.
pub(super) fn chain(p: Point, places: &[Point], radius: f32) -> f32 {
    let pieces = places.windows(2).map(|w| rod(p, w[0], w[1], [radius; 2]));
    pieces.fold(f32::MAX, f32::min)
}

/// The two shapes together, their seam rounded over about `k` mm.
pub(super) fn joined(a: f32, b: f32, k: f32) -> f32 {
    let h = (0.5 + 0.5 * (b - a) / k).clamp(0.0, 1.0);
    b + (a - b) * h - k * h * (1.0 - h)
}

/// The part that two shapes share, its rim rounded over about `k` mm.
pub(super) fn shared(a: f32, b: f32, k: f32) -> f32 {
    -joined(-a, -b, k)
}

/// How much of a voxel of half-width `half` lies inside a surface at that distance.
pub(super) fn cover(distance: f32, half: f32) -> f32 {
    smoothstep(half, -half, distance)
}

pub(super) fn mix(value: &mut f32, other: f32, part: f32) {
    *value += (other - *value) * part;
}

/// Gradient noise (Perlin, "Improving noise", 2002) on a lattice turned at random: mean 0, variance about 1.
pub(super) struct Noise3 {
    order: Vec<u8>,
    turn: [Point; 3],
    shift: Point,
    rate: f32,
}

impl Noise3 {
    /// Noise whose hills are about `scale` mm wide.
    pub fn new(rng: &mut impl Rng, scale: f32) -> Self {
        let mut order: Vec<u8> = (0..=255).collect();
        for i in (1..256usize).rev() {
            order.swap(i, rng.random_range(0..=i));
        }
        order.extend_from_within(..);
        let a = direction(rng);
        let side = direction(rng);
        let b = unit(along(side, a, -dot(side, a)));
        let c = [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ];
        let shift = [0; 3].map(|_| between(rng, 0.0, 64.0));
        Self {
            order,
            turn: [a, b, c],
            shift,
            rate: 1.0 / scale,
        }
    }

    pub fn at(&self, p: Point) -> f32 {
        let place = [0, 1, 2].map(|i| dot(self.turn[i], p) * self.rate + self.shift[i]);
        let floor = place.map(f32::floor);
        let cell = floor.map(|v| (v as i32 & 255) as usize);
        let f = [0, 1, 2].map(|i| place[i] - floor[i]);
        let fade = f.map(|t| t * t * t * (t * (t * 6.0 - 15.0) + 10.0));
        let corner = |x: usize, y: usize, z: usize| {
            let o = &self.order;
            let hash = o
                [usize::from(o[usize::from(o[(cell[0] + x) & 255]) + ((cell[1] + y) & 255)]) + ((cell[2] + z) & 255)]
                & 15;
            let (u, v, w) = (f[0] - x as f32, f[1] - y as f32, f[2] - z as f32);
            let a = if hash < 8 { u } else { v };
            let b = match hash {
                0..4 => v,
                12 | 14 => u,
                _ => w,
            };
            (if hash & 1 == 0 { a } else { -a }) + if hash & 2 == 0 { b } else { -b }
        };
        let lerp = |t: f32, a: f32, b: f32| a + t * (b - a);
        let edge = |y: usize, z: usize| lerp(fade[0], corner(0, y, z), corner(1, y, z));
        let face = |z: usize| lerp(fade[1], edge(0, z), edge(1, z));
        3.6 * lerp(fade[2], face(0), face(1))
    }
}

/// A box of voxels. Each slice is made of `over` thinner ones, whose mean a thick slice shows.
pub(super) struct Grid {
    /// `[depth, height, width]`.
    pub size: [usize; 3],
    /// mm along `[depth, height, width]`.
    pub spacing: [f64; 3],
    /// The place of the box's middle.
    pub centre: Point,
    pub over: usize,
}

impl Grid {
    /// A box whose slices are cut into pieces about as thick as a pixel is wide, at most `most` of them.
    pub fn new(size: [usize; 3], spacing: [f64; 3], centre: Point, most: usize) -> Self {
        let over = (spacing[0] / spacing[2]).round().clamp(1.0, most.max(1) as f64) as usize;
        Self {
            size,
            spacing,
            centre,
            over,
        }
    }

    /// Half of a pixel's width in mm, a little more for the blur of the scanner.
    pub fn half(&self) -> f32 {
        0.65 * self.spacing[2] as f32
    }

    /// Number of thin slices.
    fn thin(&self) -> usize {
        self.size[0] * self.over
    }

    fn point(&self, thin: usize, y: usize, x: usize) -> Point {
        let at = |i: usize, n: usize, step: f64| (i as f32 - 0.5 * (n as f32 - 1.0)) * step as f32;
        [
            self.centre[0] + at(x, self.size[2], self.spacing[2]),
            self.centre[1] + at(y, self.size[1], self.spacing[1]),
            self.centre[2] + at(thin, self.thin(), self.spacing[0] / self.over as f64),
        ]
    }

    /// The place of the first voxel's centre in mm.
    pub fn origin(&self) -> [f64; 3] {
        let at = |axis: usize, row: usize| {
            f64::from(self.centre[row]) - 0.5 * (self.size[axis] as f64 - 1.0) * self.spacing[axis]
        };
        [at(2, 0), at(1, 1), at(0, 2)]
    }

    /// Values, channel by channel, and labels of all voxels. `paint` is given a place, the number of its thin voxel, and
    /// the values to be set, and says the label; a voxel takes the mean value and the most frequent label.
    pub fn render(
        &self,
        channels: usize,
        paint: impl Fn(Point, usize, &mut [f32]) -> u32 + Sync,
    ) -> (Vec<f32>, Vec<u32>) {
        let [depth, height, width] = self.size;
        let area = height * width;
        let slices: Vec<(Vec<f32>, Vec<u32>)> = (0..depth)
            .into_par_iter()
            .map(|slice| {
                let mut values = vec![0.0; channels * area];
                let mut labels = vec![0; area];
                let (mut one, mut found) = (vec![0.0; channels], vec![0; self.over]);
                for i in 0..area {
                    for (k, label) in found.iter_mut().enumerate() {
                        let thin = slice * self.over + k;
                        *label = paint(self.point(thin, i / width, i % width), thin * area + i, &mut one);
                        for (c, v) in one.iter().enumerate() {
                            values[c * area + i] += v / self.over as f32;
                        }
                    }
                    let times = |label: u32| found.iter().filter(|&&l| l == label).count();
                    labels[i] = found.iter().copied().max_by_key(|&l| times(l)).unwrap_or(0);
                }
                (values, labels)
            })
            .collect();
        let data = (0..channels)
            .flat_map(|c| {
                slices
                    .iter()
                    .flat_map(move |s| s.0[c * area..(c + 1) * area].iter().copied())
            })
            .collect();
        (data, slices.into_iter().flat_map(|s| s.1).collect())
    }

    /// How much of each thin voxel lies inside the tubes.
    pub fn stamp(&self, tubes: &[Tube]) -> Vec<f32> {
        let [_, height, width] = self.size;
        let mut covered = vec![0f32; self.thin() * height * width];
        let half = self.half();
        let steps = [
            self.spacing[2] as f32,
            self.spacing[1] as f32,
            self.spacing[0] as f32 / self.over as f32,
        ];
        let counts = [width, height, self.thin()];
        let first = self.point(0, 0, 0);
        for tube in tubes {
            let reach = tube.radii[0].max(tube.radii[1]) + 2.0 * half;
            let range = |i: usize| {
                let (low, high) = (
                    tube.from[i].min(tube.to[i]) - reach,
                    tube.from[i].max(tube.to[i]) + reach,
                );
                let cell = |v: f32| ((v - first[i]) / steps[i]).ceil().clamp(0.0, counts[i] as f32) as usize;
                cell(low)..cell(high)
            };
            // What is thinner than a voxel fills only a part of it.
            let thickest = tube.radii[0].max(tube.radii[1]);
            let share = (thickest / half).min(1.0).powf(1.5);
            for z in range(2) {
                for y in range(1) {
                    for x in range(0) {
                        let place = [
                            first[0] + x as f32 * steps[0],
                            first[1] + y as f32 * steps[1],
                            first[2] + z as f32 * steps[2],
                        ];
                        let part = share * cover(rod(place, tube.from, tube.to, tube.radii), half);
                        let voxel = &mut covered[(z * height + y) * width + x];
                        *voxel = voxel.max(part);
                    }
                }
            }
        }
        covered
    }
}

/// A piece of a vessel or an airway.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tube {
    pub from: Point,
    pub to: Point,
    pub radii: [f32; 2],
}

/// How a tree branches.
pub(super) struct Branching {
    /// Length of a piece between two forks, in radii.
    pub stretch: f32,
    /// Branches thinner than this (mm) end.
    pub thinnest: f32,
    /// How far a branch turns off, 0 to 1.
    pub spread: f32,
}

/// Grows a tree that forks by Murray's law (the cubes of the children's radii add up to the parent's) as long as it
/// stays where `inside` allows it.
pub(super) fn grow(
    rng: &mut impl Rng,
    root: Point,
    heading: Point,
    radius: f32,
    rule: &Branching,
    inside: &impl Fn(Point) -> bool,
) -> Vec<Tube> {
    let mut tubes = Vec::new();
    let mut open = vec![(root, unit(heading), radius)];
    while let Some((start, heading, radius)) = open.pop() {
        let (mut at, mut heading, mut alive) = (start, heading, true);
        for _ in 0..3 {
            heading = unit(along(heading, direction(rng), 0.22));
            let to = along(at, heading, radius * rule.stretch * between(rng, 0.7, 1.3) / 3.0);
            if !inside(to) {
                alive = false;
                break;
            }
            tubes.push(Tube {
                from: at,
                to,
                radii: [radius; 2],
            });
            at = to;
        }
        if !alive || tubes.len() > 60_000 {
            continue;
        }
        let share = between(rng, 0.3, 0.7);
        let side = direction(rng);
        for (part, sign) in [(share, 1.0), (1.0 - share, -1.0)] {
            let child = radius * part.cbrt();
            if child >= rule.thinnest {
                let turn = sign * rule.spread * (1.4 - part);
                open.push((at, unit(along(heading, side, turn)), child));
            }
        }
    }
    tubes
}
