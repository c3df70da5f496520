"""The shapes of the untrained parts: text encoder, UNet, ControlNet and the noise schedule. Nothing is trained here."""

from __future__ import annotations

import torch
from diffusers import ControlNetModel, DDIMScheduler, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from lab.starter.train.autoencoder import LATENT_CHANNELS
from lab.starter.train.tokens import POSITIONS, VOCABULARY

WIDTHS = (96, 160, 224)
HEADS = (3, 5, 7)  # of 32 channels each; diffusers calls this attention_head_dim
TEXT_WIDTH = 128
SKETCH_WIDTHS = (4, 8, 32, 64, 96)  # five entries: 256 px come down to 16


def build_text_encoder() -> CLIPTextModel:
    """Two CLIP layers; token 0 starts, token 1 ends and pads."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=VOCABULARY,
            hidden_size=TEXT_WIDTH,
            intermediate_size=TEXT_WIDTH * 4,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=POSITIONS,
            projection_dim=TEXT_WIDTH,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )


def build_unet() -> UNet2DConditionModel:
    """Three levels: 16, 8 and 4 latents wide; no attention on the first, where it would cost most.

    The words also join the time embedding, so that every block hears them, not only those with attention.
    """
    model = UNet2DConditionModel(
        sample_size=16,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=WIDTHS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=HEADS,
        use_linear_projection=True,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )
    nn.init.zeros_(model.add_embedding.norm2.weight)  # silent at first: a UNet trained without it goes on undisturbed
    return model


def build_controlnet() -> ControlNetModel:
    """Reads the lines. It has no attention: words and far relations are the UNet's business, lines are local."""
    model = ControlNetModel(
        in_channels=LATENT_CHANNELS,
        block_out_channels=WIDTHS,
        down_block_types=("DownBlock2D",) * 3,
        mid_block_type="UNetMidBlock2D",
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=HEADS,
        use_linear_projection=True,
        conditioning_embedding_out_channels=SKETCH_WIDTHS,
    )
    # diffusers starts this layer at zero to spare a trained UNet; here both start from nothing
    nn.init.kaiming_normal_(model.controlnet_cond_embedding.conv_out.weight)
    return model


def build_scheduler() -> DDIMScheduler:
    """Cosine noise with a last step of pure noise, v-prediction; trailing steps, or pure noise would never be met."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
    )


class Artist(nn.Module):
    """Text encoder, UNet and ControlNet as one module, so that one optimiser and one average see them all."""

    def __init__(self) -> None:
        super().__init__()
        self.text_encoder = build_text_encoder()
        self.unet = build_unet()
        self.controlnet = build_controlnet()

    def forward(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, tokens: torch.Tensor, sketches: torch.Tensor
    ) -> torch.Tensor:
        """The predicted velocity; the first `len(sketches)` rows of the batch follow a sketch, the others do not."""
        words = self.text_encoder(tokens).last_hidden_state
        drawn = len(sketches)
        down, middle = self.controlnet(noisy[:drawn], timesteps[:drawn], words[:drawn], sketches, return_dict=False)
        rest = len(noisy) - drawn

        def padded(residual: torch.Tensor) -> torch.Tensor:
            return torch.cat([residual, residual.new_zeros(rest, *residual.shape[1:])])

        return self.unet(
            noisy,
            timesteps,
            words,
            down_block_additional_residuals=tuple(padded(each) for each in down),
            mid_block_additional_residual=padded(middle),
            return_dict=False,
        )[0]
