"""The speech server with the real chatterbox-tts on random weights of small shape: run by the server's own environment.

`python -m tests.kit.small_chatterbox --model turbo …` takes the server's options. `… watermark FILE.wav` prints how much of the
watermark is in a file, from 0 to 1.
"""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import argparse
import sys
import wave
from collections.abc import Callable
from typing import Any

import numpy as np

from voices.speech_server import chatterbox, command
from voices.speech_server.model import SpeechModel

_TOKENS, _STOPS = 200, 1.7
"""How many of the speech tokens there are, and the head start of the one that stops: one step in 25 (a second) takes it."""


def small(kind: chatterbox.Kind) -> SpeechModel:
    """T3 with one layer and S3Gen with one block of their many; all other parts as they are."""
    import torch
    from chatterbox.models.s3gen import S3Gen
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.llama_configs import LLAMA_CONFIGS
    from chatterbox.models.t3.modules.t3_config import T3Config
    from chatterbox.models.voice_encoder import VoiceEncoder
    from chatterbox.tts import ChatterboxTTS
    from chatterbox.tts_turbo import ChatterboxTurboTTS

    torch.manual_seed(1)
    torch.set_num_threads(2)
    hp = T3Config()
    if kind == "turbo":
        hp = T3Config(text_tokens_dict_size=300)
        hp.llama_config_name, hp.speech_tokens_dict_size, hp.input_pos_emb = "GPT2_medium", 6563, None
        hp.speech_cond_prompt_len, hp.use_perceiver_resampler, hp.emotion_adv = 375, False, False
    LLAMA_CONFIGS[hp.llama_config_name] = {**LLAMA_CONFIGS[hp.llama_config_name], "n_layer": 1, "num_hidden_layers": 1}
    t3 = T3(hp).eval()
    with torch.no_grad():
        t3.speech_head.weight.mul_(0.01)
        bias = torch.full((t3.speech_head.out_features,), -50.0)
        bias[:_TOKENS], bias[hp.stop_speech_token] = 0.0, _STOPS
        t3.speech_head.bias = torch.nn.Parameter(bias)
    s3gen_module: Any = sys.modules["chatterbox.models.s3gen.s3gen"]
    whole = s3gen_module.ConditionalDecoder
    s3gen_module.ConditionalDecoder = lambda **shape: whole(**{**shape, "n_blocks": 1, "num_mid_blocks": 1})
    s3gen = S3Gen(meanflow=kind == "turbo").eval()
    made = ChatterboxTurboTTS if kind == "turbo" else ChatterboxTTS
    return chatterbox.ChatterboxModel(made(t3, s3gen, VoiceEncoder().eval(), _Letters(), "cpu"), kind, "cpu")


class _Letters:
    """Bytes as tokens, in the two ways in which Chatterbox's classes ask for them."""

    def __call__(self, text: str, **_: Any) -> Any:
        import torch

        return argparse.Namespace(input_ids=torch.tensor([list(text.encode())]))

    def text_to_tokens(self, text: str) -> Any:
        return self(text).input_ids.int()


def loader(options: argparse.Namespace) -> Callable[[], SpeechModel]:
    return lambda: small(options.model)


def watermark(path: str) -> float:
    import perth

    with wave.open(path) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32_768
        return float(np.mean(perth.PerthImplicitWatermarker().get_watermark(sound, file.getframerate(), round=False)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["watermark"]:
        print(watermark(sys.argv[2]))
    else:
        command.main(loader)
