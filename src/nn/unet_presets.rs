//! Settings of [`UNetConfig`], one by one, and the published networks.

use super::settings::{Activation, Block, Downsampling, Head, Merge, Norm, Padding, Upsampling};
use super::space::Space;
use super::unet_config::UNetConfig;

impl UNetConfig {
    /// The network of the paper: one grey channel, two classes, convolutions without padding, transposed up-sampling,
    /// dropout at the end of the contracting path; an image of 572x572 gives maps of 388x388 (Ronneberger et al. 2015,
    /// figure 1).
    pub fn original() -> Self {
        Self::new(1, 2)
            .with_padding(Padding::Valid)
            .with_upsampling(Upsampling::Transposed)
            .with_dropout(0.5)
    }

    /// The network of the course's practical example: transposed up-sampling and dropout.
    pub fn practical(in_channels: usize, classes: usize) -> Self {
        Self::new(in_channels, classes)
            .with_upsampling(Upsampling::Transposed)
            .with_dropout(0.5)
    }

    /// Attention U-Net: gates on the skip connections, batch normalisation (Oktay et al. 2018).
    pub fn attention(in_channels: usize, classes: usize) -> Self {
        Self::new(in_channels, classes)
            .with_norm(Norm::Batch)
            .with_attention(true)
    }

    /// ResUNet: residual levels, batch normalisation, strided convolutions instead of pooling (Zhang et al. 2018), with the
    /// activation behind the sum as in He et al. 2016.
    pub fn residual(in_channels: usize, classes: usize) -> Self {
        Self::new(in_channels, classes)
            .with_norm(Norm::Batch)
            .with_block(Block::Residual)
            .with_downsampling(Downsampling::Strided)
    }

    /// Dilated U-Net: convolutions of dilation 1, 2, 4 and 8 at the bottom, summed (Zhou et al. 2018, D-LinkNet).
    pub fn dilated(in_channels: usize, classes: usize) -> Self {
        Self::new(in_channels, classes)
            .with_norm(Norm::Batch)
            .with_dilations(&[1, 2, 4, 8])
    }

    /// The 3-D U-Net: volumes, three poolings, batch normalisation, widths doubled before pooling (Çiçek et al. 2016,
    /// figure 2). "Same" padding; add [`with_padding`](Self::with_padding) of [`Padding::Valid`] for the paper's own
    /// 132x132x116 -> 44x44x28.
    pub fn volumetric(in_channels: usize, classes: usize) -> Self {
        Self::new(in_channels, classes)
            .with_space(Space::D3)
            .with_depth(3)
            .with_norm(Norm::Batch)
            .with_upsampling(Upsampling::Transposed)
            .with_widen_late(true)
    }

    /// A network from noisy images to clean ones of as many channels, without bounds on the values.
    pub fn denoiser(channels: usize) -> Self {
        Self::new(channels, channels).with_head(Head::Linear)
    }

    /// A network from images of one kind to another kind, with values between -1 and 1 (Isola et al. 2017, whose
    /// generator is a U-Net).
    pub fn translator(channels_in: usize, channels_out: usize) -> Self {
        Self::new(channels_in, channels_out)
            .with_norm(Norm::Instance)
            .with_head(Head::Tanh)
    }

    /// Sets the channels of every level and the bottleneck, and with them the depth.
    pub fn with_channels(mut self, channels: &[usize]) -> Self {
        self.channels = channels.to_vec();
        self.depth = channels.len().saturating_sub(1);
        self.base_channels = channels.first().copied().unwrap_or(0);
        self
    }

    /// Sets the dilations of further convolutions in the bottleneck.
    pub fn with_dilations(mut self, dilations: &[usize]) -> Self {
        self.dilations = dilations.to_vec();
        self
    }

    /// Sets the channels at the first level.
    pub fn with_base_channels(mut self, base_channels: usize) -> Self {
        self.base_channels = base_channels;
        self.channels.clear();
        self
    }

    /// Sets the number of poolings.
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self.channels.clear();
        self
    }

    /// Sets the seed of the first weights.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets images or volumes.
    pub fn with_space(mut self, space: Space) -> Self {
        self.space = space;
        self
    }

    /// Sets what the 3x3 convolutions do at the border.
    pub fn with_padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Sets the normalisation.
    pub fn with_norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self
    }

    /// Sets the activation.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Sets plain or residual levels.
    pub fn with_block(mut self, block: Block) -> Self {
        self.block = block;
        self
    }

    /// Sets whether levels weigh their maps by squeeze and excitation.
    pub fn with_squeeze_excitation(mut self, squeeze_excitation: bool) -> Self {
        self.squeeze_excitation = squeeze_excitation;
        self
    }

    /// Sets how maps become smaller.
    pub fn with_downsampling(mut self, downsampling: Downsampling) -> Self {
        self.downsampling = downsampling;
        self
    }

    /// Sets how maps become larger.
    pub fn with_upsampling(mut self, upsampling: Upsampling) -> Self {
        self.upsampling = upsampling;
        self
    }

    /// Sets how skip connections join.
    pub fn with_merge(mut self, merge: Merge) -> Self {
        self.merge = merge;
        self
    }

    /// Sets whether attention gates stand on the skip connections.
    pub fn with_attention(mut self, attention: bool) -> Self {
        self.attention = attention;
        self
    }

    /// Sets the share of values that training drops at the end of the contracting path.
    pub fn with_dropout(mut self, dropout: f64) -> Self {
        self.dropout = dropout;
        self
    }

    /// Sets whether widths double before pooling.
    pub fn with_widen_late(mut self, widen_late: bool) -> Self {
        self.widen_late = widen_late;
        self
    }

    /// Sets whether every level of the expansive path has an output.
    pub fn with_deep_supervision(mut self, deep_supervision: bool) -> Self {
        self.deep_supervision = deep_supervision;
        self
    }

    /// Sets what the output stands for.
    pub fn with_head(mut self, head: Head) -> Self {
        self.head = head;
        self
    }
}
