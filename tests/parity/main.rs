//! The library computes what its references compute; each fixture stands beside the script that made it.

mod blocks;
mod keras;
mod weights;
