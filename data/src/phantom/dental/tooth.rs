//! One tooth.

use crate::phantom::ink::{Spot, piece};
use crate::phantom::noise::smoothstep;
/// A tooth in its own axes: `at` where crown and root meet, `up` towards the crown's edge.
pub(super) struct Tooth {
    pub at: Spot,
    pub up: Spot,
    pub half: f32,
    pub crown: f32,
    pub root: f32,
    pub roots: usize,
    pub filling: Option<Spot>,
    pub treated: bool,
    pub crowned: bool,
}

impl Tooth {
    /// Across the tooth, and up from where crown and root meet.
    pub fn axes(&self, q: Spot) -> (f32, f32) {
        let (dx, dy) = (q[0] - self.at[0], q[1] - self.at[1]);
        (dx * self.up[1] - dy * self.up[0], dx * self.up[0] + dy * self.up[1])
    }

    /// About the distance from the outline, negative inside.
    pub fn outside(&self, q: Spot) -> f32 {
        let (u, v) = self.axes(q);
        if u.abs() > 2.0 * self.half || v > 1.5 * self.crown || v < -1.3 * self.root {
            return 0.1;
        }
        self.crown_outside(u, v).min(self.roots_outside(u, v))
    }

    pub fn crown_outside(&self, u: f32, v: f32) -> f32 {
        let bulge = 1.0 - 0.16 * ((v / self.crown - 0.62) / 0.62).powi(2);
        let top = self.crown
            * (1.0 - 0.07 * (u / self.half).powi(2)
                + 0.03
                    * if self.roots > 1 {
                        (9.0 * u / self.half).cos()
                    } else {
                        0.0
                    });
        let side = u.abs() - self.half * bulge;
        let corner = 0.25 * self.half;
        let (a, b) = (side + corner, v - top + corner);
        (a.max(0.0).hypot(b.max(0.0)) + a.max(b).min(0.0) - corner).max(-v - 0.004)
    }

    pub fn roots_outside(&self, u: f32, v: f32) -> f32 {
        let neck = 0.86 * self.half;
        let t = (-v / self.root).clamp(0.0, 1.0);
        if self.roots == 1 {
            return (u.abs() - neck * (1.0 - t).powf(0.55))
                .max(v - 0.004)
                .max(-v - self.root);
        }
        let trunk = (u.abs() - neck).max(v - 0.004).max(-v - 0.30 * self.root);
        let tip = 0.62 * self.half;
        let (left, a) = piece([u, v], [-0.40 * neck, -0.1 * self.root], [-tip, -0.93 * self.root]);
        let (right, b) = piece([u, v], [0.40 * neck, -0.1 * self.root], [tip, -0.93 * self.root]);
        let thick = |t: f32| 0.46 * self.half * (1.0 - 0.6 * t);
        let mut all = trunk.min(left - thick(a)).min(right - thick(b));
        if self.roots == 3 {
            let (middle, c) = piece([u, v], [0.0, 0.0], [0.0, -self.root]);
            all = all.min(middle - thick(c));
        }
        all
    }

    pub fn expose(&self, q: Spot, texture: f32, level: &mut f32) {
        let (u, v) = self.axes(q);
        if u.abs() > 2.2 * self.half || v > 1.6 * self.crown || v < -1.4 * self.root {
            return;
        }
        let soft = |d: f32| smoothstep(0.0028, -0.0028, d);
        let (crown, root) = (self.crown_outside(u, v), self.roots_outside(u, v));
        // A thin dark line (the periodontal ligament) and a thin bright one around the root.
        if v < 0.0 {
            *level -= 0.085 * smoothstep(0.0042, 0.001, (root - 0.003).abs());
            *level += 0.05 * smoothstep(0.004, 0.001, (root - 0.0085).abs());
        }
        let dentin = 0.52 + 0.012 * texture;
        *level += (dentin - 0.05 * (-v / self.root).max(0.0) - *level) * soft(root);
        *level += (dentin - *level) * soft(crown);
        let cap = smoothstep(-0.013, -0.004, crown) * smoothstep(0.15, 0.35, v / self.crown);
        *level += (0.74 - *level) * soft(crown) * cap;
        let pulp = (u.abs() - 0.26 * self.half * smoothstep(0.62, 0.3, v / self.crown))
            .max(v - 0.55 * self.crown)
            .max(-v - 0.25 * self.root);
        *level -= 0.11 * smoothstep(0.003, -0.004, pulp);
        let canals: &[f32] = if self.roots == 1 { &[0.0] } else { &[-0.58, 0.58] };
        for end in canals {
            let (canal, _) = piece(
                [u, v],
                [0.5 * end * self.half, 0.0],
                [end * self.half, -0.9 * self.root],
            );
            if self.treated {
                *level += (0.88 - *level) * smoothstep(0.0055, 0.003, canal);
            } else {
                *level -= 0.07 * smoothstep(0.005, 0.001, canal) * soft(root);
            }
        }
        if self.crowned {
            *level += (0.95 - *level) * soft(crown) * smoothstep(0.1, 0.2, v / self.crown);
        } else if let Some([aside, up]) = self.filling {
            let block =
                ((u - aside * self.half).abs() - 0.5 * self.half).max((v - up * self.crown).abs() - 0.22 * self.crown);
            *level += (0.96 - *level) * smoothstep(0.003, -0.003, block + 0.0015 * texture) * soft(crown);
        }
    }
}
