"""A whisper model of random numbers, about 100 KB, made in a second: `python -m tests.kit.tiny_whisper FOLDER`.

faster-whisper loads it like any other. It hears noise or nothing: it tests loading, threads, cancelling and guards, not words.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

_WIDTH: Final = 16
_SPECIAL: Final = (
    "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>",
    "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip


def build(folder: Path) -> Path:
    """Write the model into `folder` (made if missing) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = _tokens()
    _write_tokenizer(folder / "tokenizer.json", tokens)
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"feature_size": 80, "sampling_rate": 16_000, "hop_length": 160, "chunk_length": 30, "n_fft": 400})
    )
    model = _specification(len(tokens))
    model.config.suppress_ids = []
    model.config.suppress_ids_begin = [tokens.index("<|endoftext|>")]
    model.config.lang_ids = [tokens.index("<|en|>")]
    model.config.alignment_heads = [(0, 0)]
    model.register_vocabulary(tokens)
    model.validate()
    model.optimize(quantization="int8")
    model.save(str(folder))
    return folder


def _tokens() -> list[str]:
    """All 256 byte symbols (else faster-whisper's table of non-speech tokens fails), then the special ones and the times."""
    from tokenizers.pre_tokenizers import ByteLevel

    return [*sorted(ByteLevel.alphabet()), *_SPECIAL, *(f"<|{step * 0.02:.2f}|>" for step in range(1_501))]


def _write_tokenizer(path: Path, tokens: list[str]) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    bpe: Any = models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=[])
    tokenizer: Any = Tokenizer(bpe)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(path))


def _specification(vocabulary: int) -> Any:
    from ctranslate2.specs import WhisperSpec

    model: Any = WhisperSpec(1, 1, 1, 1)
    random = np.random.default_rng(2)

    def numbers(*shape: int) -> Any:
        return random.normal(0, 0.4, shape).astype(np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(_WIDTH, np.float32), np.zeros(_WIDTH, np.float32)

    def linear(layer: Any, out: int, into: int) -> None:
        layer.weight, layer.bias = numbers(out, into), np.zeros(out, np.float32)

    def attention(layer: Any, sizes: tuple[int, ...]) -> None:
        norm(layer.layer_norm)
        for part, out in zip(layer.linear, sizes, strict=True):
            linear(part, out, _WIDTH)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, 4 * _WIDTH, _WIDTH)
        linear(layer.linear_1, _WIDTH, 4 * _WIDTH)

    encoder, decoder = model.encoder, model.decoder
    encoder.conv1.weight, encoder.conv1.bias = numbers(_WIDTH, 80, 3), np.zeros(_WIDTH, np.float32)
    encoder.conv2.weight, encoder.conv2.bias = numbers(_WIDTH, _WIDTH, 3), np.zeros(_WIDTH, np.float32)
    encoder.position_encodings.encodings = numbers(1_500, _WIDTH)
    decoder.position_encodings.encodings = numbers(448, _WIDTH)
    decoder.embeddings.weight = numbers(vocabulary, _WIDTH)
    decoder.projection.weight = decoder.embeddings.weight
    for layer in (*encoder.layer, *decoder.layer):
        attention(layer.self_attention, (3 * _WIDTH, _WIDTH))
        feed_forward(layer.ffn)
    for layer in decoder.layer:
        attention(layer.attention, (_WIDTH, 2 * _WIDTH, _WIDTH))
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    return model


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
