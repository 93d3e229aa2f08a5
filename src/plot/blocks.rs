//! The blocks of a network and how they are joined, read off its summary.

use std::collections::HashMap;

use crate::nn::{LayerRow, Summary};

/// Layers of one place in the network, drawn as one box.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    /// As in `encoder 1`.
    pub name: String,
    /// Maps that it gives.
    pub channels: usize,
    /// `[height, width]` or `[depth, height, width]`.
    pub size: Vec<usize>,
    /// How often the image has been halved.
    pub level: usize,
    /// Steps from the input on the longest way.
    pub column: usize,
    /// Blocks that it reads, by index.
    pub inputs: Vec<usize>,
}

/// Every block in the order of a forward pass; the first is the input.
pub(super) fn blocks(summary: &Summary) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    // Where each layer's values come from: a halving layer passes on those of the block before it.
    let mut source: HashMap<&str, usize> = HashMap::new();
    for row in &summary.rows {
        let inputs: Vec<usize> = row
            .inputs
            .iter()
            .filter_map(|name| source.get(name.as_str()).copied())
            .collect();
        if halves_between_blocks(row)
            && let Some(&from) = inputs.first()
        {
            source.insert(&row.name, from);
            continue;
        }
        let name = block_name(&row.name);
        let at = match blocks.iter().position(|block| block.name == name) {
            Some(at) => at,
            None => {
                blocks.push(Block {
                    name,
                    channels: 0,
                    size: Vec::new(),
                    level: 0,
                    column: 0,
                    inputs: Vec::new(),
                });
                blocks.len() - 1
            }
        };
        source.insert(&row.name, at);
        let block = &mut blocks[at];
        (block.channels, block.size) = (row.shape[0], row.shape[1..].to_vec());
        for input in inputs {
            if input != at && !block.inputs.contains(&input) {
                block.inputs.push(input);
            }
        }
    }
    place(&mut blocks);
    blocks
}

/// Pooling and strided convolutions that stand between two blocks.
fn halves_between_blocks(row: &LayerRow) -> bool {
    row.name.ends_with(" pool") || row.name.ends_with(" down")
}

/// `encoder 1.2 conv 1` belongs to `encoder 1`, `bottleneck conv 1` to `bottleneck`, `node 0,1 up conv` to `node 0,1`.
fn block_name(layer: &str) -> String {
    let mut words = layer.split(' ');
    let first = words.next().unwrap_or_default();
    let is_place = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_digit()) || *word == "stem";
    // Several outputs are one place: deep supervision averages them.
    match words.next().filter(is_place).filter(|_| first != "output") {
        Some(second) => format!("{first} {}", second.split('.').next().unwrap_or(second)),
        None => first.to_owned(),
    }
}

/// Levels from the change of size along the first input, columns from the longest way.
fn place(blocks: &mut [Block]) {
    for at in 1..blocks.len() {
        let (before, rest) = blocks.split_at_mut(at);
        let block = &mut rest[0];
        let Some(nearest) = block.inputs.iter().filter_map(|&input| before.get(input)).next() else {
            continue;
        };
        let halvings = (nearest.size[0] as f64 / block.size[0].max(1) as f64).log2().round();
        block.level = (nearest.level as f64 + halvings).max(0.0) as usize;
        let columns = block
            .inputs
            .iter()
            .filter_map(|&input| before.get(input))
            .map(|input| input.column + 1);
        block.column = columns.max().unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu;
    use crate::nn::{Explain, NetworkConfig};

    fn of(preset: &str, channels: usize, size: &[usize]) -> Vec<Block> {
        let network = NetworkConfig::preset(preset, channels, 1)
            .unwrap()
            .with_base_channels(4)
            .try_init(&cpu())
            .unwrap();
        blocks(&network.explain(size).unwrap())
    }

    fn find<'a>(blocks: &'a [Block], name: &str) -> &'a Block {
        blocks
            .iter()
            .find(|block| block.name == name)
            .unwrap_or_else(|| panic!("no {name}"))
    }

    #[test]
    fn a_u_net_is_a_u() {
        let blocks = of("course", 3, &[64, 64]);
        assert_eq!(blocks.len(), 11, "input, four down, one below, four up, output");
        let bottom = find(&blocks, "bottleneck");
        assert_eq!((bottom.level, bottom.column, &bottom.size[..]), (4, 5, &[4, 4][..]));
        let top = find(&blocks, "decoder 1");
        let inputs: Vec<&str> = top.inputs.iter().map(|&input| blocks[input].name.as_str()).collect();
        assert_eq!((top.level, top.column, inputs), (0, 9, vec!["decoder 2", "encoder 1"]));
    }

    #[test]
    fn nested_nodes_stand_where_the_paper_has_them() {
        let blocks = of("unet++", 1, &[64, 64]);
        for (name, level, column) in [
            ("node 3,0", 3, 4),
            ("node 0,1", 0, 3),
            ("node 1,2", 1, 6),
            ("node 0,4", 0, 9),
        ] {
            let node = find(&blocks, name);
            assert_eq!((node.level, node.column), (level, column), "{name}");
        }
        assert_eq!(find(&blocks, "node 0,3").inputs.len(), 4);
    }

    #[test]
    fn volumes_and_backbones_have_their_levels() {
        let blocks = of("vnet", 1, &[32, 32, 32]);
        assert_eq!(find(&blocks, "encoder 5").size, [2, 2, 2]);
        assert_eq!(find(&blocks, "encoder 5").level, 4);
        let blocks = of("resnet18", 3, &[64, 64]);
        assert_eq!(
            (find(&blocks, "encoder stem").level, find(&blocks, "encoder 4").level),
            (1, 5)
        );
        assert_eq!(find(&blocks, "decoder 1").level, 0);
        let network = NetworkConfig::preset("original", 1, 2)
            .unwrap()
            .try_init(&cpu())
            .unwrap();
        let original = super::blocks(&network.explain(&[572, 572]).unwrap());
        assert_eq!(find(&original, "bottleneck").level, 4);
        assert_eq!(
            (find(&original, "decoder 1").level, &find(&original, "output").size[..]),
            (0, &[388, 388][..])
        );
    }
}
