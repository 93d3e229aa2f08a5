//! The library computes what its references compute; each fixture stands beside the script that made it.

mod blocks;
mod keras;
mod loss;
mod masks;
mod metrics;
mod morphology;
mod optim;
mod sliding_window;
mod surface_metrics;
mod weights;
