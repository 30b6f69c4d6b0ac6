"""A pocket-tts model of a few kB: the real graphs' inputs and outputs, and arithmetic instead of a network.

It hums: a tone whose loudness is that of the reference clip, two frames (0.16 s) for each token of text. `the` and `build` are
a token each, and so is every other letter.
"""

from __future__ import annotations

import hashlib
import json
import string
from pathlib import Path
from typing import Final

import numpy as np

from tests.kit.tiny_onnx import node, write_model
from voices.downloads import Archive
from voices.engines.pocket_model import FILES

FRAME: Final = 1_920  # samples in 80 ms at 24 kHz
WIDTH, LATENT, POSITIONS = 8, 4, 1_000
ARCHIVE: Final = Archive("tiny-pocket", "http://127.0.0.1:1/tiny-pocket.tar.bz2", "0" * 64, 1, FILES)
F, N = np.float32, np.int64


def write_tiny_pocket(folder: Path, *, broken: str | None = None) -> Path:
    """The folder `folder/tiny-pocket`, as `downloads.fetch` would leave it; one file of it may be broken."""
    home = folder / ARCHIVE.name
    home.mkdir(parents=True)
    _tokenizer(home)
    _conditioner(home / "text_conditioner.onnx")
    _encoder(home / "encoder.onnx")
    _main(home / "lm_main.int8.onnx")
    _flow(home / "lm_flow.int8.onnx")
    _decoder(home / "decoder.int8.onnx")
    if broken:
        (home / broken).write_bytes(b"<html>no model</html>")
    listed = {name: _entry(home / name) for name in FILES}
    (home / "manifest.json").write_text(json.dumps({"archive": ARCHIVE.sha256, "files": listed}))
    return home


def _entry(path: Path) -> dict[str, int | str]:
    content = path.read_bytes()
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _tokenizer(home: Path) -> None:
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "▁the", "▁build", *string.printable.strip()]
    (home / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    (home / "token_scores.json").write_text(json.dumps({piece: -float(len(piece) < 2) * 3 - 1 for piece in pieces}))


def _conditioner(path: Path) -> None:
    """Tokens to vectors of ones: the tiny model only counts them."""
    write_model(
        path,
        [node("Gather", ["table", "token_ids"], ["embeddings"])],
        {"token_ids": (N, [1, "n"])},
        {"embeddings": (F, [1, "n", WIDTH])},
        {"table": np.ones((512, WIDTH), F)},
    )


def _encoder(path: Path) -> None:
    """Every 1,920 samples to a vector of their mean loudness."""
    write_model(
        path,
        [
            node("Abs", ["audio"], ["loud"]),
            node("ReduceMean", ["loud"], ["mean"], keepdims=1),
            node("Shape", ["audio"], ["shape"]),
            node("Gather", ["shape", "two"], ["length"]),
            node("Div", ["length", "frame"], ["frames"]),
            node("Concat", ["one", "frames", "width"], ["wanted"], axis=0),
            node("Expand", ["mean", "wanted"], ["latents"]),
        ],
        {"audio": (F, [1, 1, "samples"])},
        {"latents": (F, [1, "frames", WIDTH])},
        {"two": np.array([2]), "frame": np.array([FRAME]), "one": np.array([1]), "width": np.array([WIDTH])},
    )


def _main(path: Path) -> None:
    """State 0: a cache whose first cell is the voice's loudness. 1: unused. 2: positions. 3: tokens. 4: frames so far.

    Vectors of ones are text; the voice's are anything else. The end is at two frames per token.
    """
    state = {
        "state_0": (F, [2, 1, POSITIONS, 1, 1]),
        "state_1": (F, [0]),
        "state_2": (N, [1]),
        "state_3": (F, [1]),
        "state_4": (F, [1]),
    }
    write_model(
        path,
        [
            node("Shape", ["sequence"], ["sequence_shape"]),
            node("Gather", ["sequence_shape", "at_1"], ["new_frames"]),
            node("Shape", ["text_embeddings"], ["text_shape"]),
            node("Gather", ["text_shape", "at_1"], ["new_text"]),
            node("Add", ["new_frames", "new_text"], ["added"]),
            node("Add", ["state_2", "added"], ["out_state_2"]),
            # Tokens: the vectors that are exactly ones.
            node("Equal", ["text_embeddings", "ones"], ["is_one"]),
            node("Cast", ["is_one"], ["one_float"], to=1),
            node("ReduceSum", ["one_float", "all_axes"], ["cells"], keepdims=0),
            node("Div", ["cells", "width"], ["tokens"]),
            node("Add", ["state_3", "tokens"], ["out_state_3"]),
            node("Cast", ["new_frames"], ["frames_float"], to=1),
            node("Add", ["state_4", "frames_float"], ["out_state_4"]),
            # The voice: what is not ones, added up and divided by how many there are.
            node("Sub", ["one", "one_float"], ["not_one"]),
            node("Mul", ["text_embeddings", "not_one"], ["voice_cells"]),
            node("ReduceSum", ["voice_cells", "all_axes"], ["voice_sum"], keepdims=0),
            node("ReduceSum", ["not_one", "all_axes"], ["voice_count"], keepdims=0),
            node("Max", ["voice_count", "one"], ["voice_count_1"]),
            node("Div", ["voice_sum", "voice_count_1"], ["loudness"]),
            node("Add", ["state_0", "loudness"], ["out_state_0"]),
            node("Identity", ["state_1"], ["out_state_1"]),
            # What follows: the first cell, and how far the end is.
            node("ReduceMax", ["out_state_0"], ["level"], keepdims=0),
            node("Expand", ["level", "conditioning_shape"], ["conditioning"]),
            node("Mul", ["out_state_3", "two"], ["last"]),
            node("Sub", ["out_state_4", "last"], ["over"]),
            node("Sub", ["over", "four"], ["over_4"]),
            node("Reshape", ["over_4", "logit_shape"], ["eos_logit"]),
        ],
        {"sequence": (F, [1, "frames", LATENT]), "text_embeddings": (F, [1, "n", WIDTH])} | state,
        {"conditioning": (F, [1, WIDTH]), "eos_logit": (F, [1, 1])} | {f"out_{name}": one for name, one in state.items()},
        {
            "at_1": np.array([1]), "ones": np.ones(1, F), "one": np.ones(1, F), "all_axes": np.array([0, 1, 2]),
            "two": np.full(1, 2, F), "width": np.full(1, WIDTH, F), "four": np.full(1, 4.5, F),
            "conditioning_shape": np.array([1, WIDTH]),
            "logit_shape": np.array([1, 1]),
        },
    )  # fmt: skip


def _flow(path: Path) -> None:
    """Straight from the noise to the voice's loudness, wherever one is on the way."""
    write_model(
        path,
        [
            node("Slice", ["c", "start", "end", "axis"], ["goal"]),
            node("Sub", ["goal", "x"], ["way"]),
            node("Sub", ["one", "s"], ["left"]),
            node("Div", ["way", "left"], ["direction"]),
        ],
        {"c": (F, [1, WIDTH]), "s": (F, [1, 1]), "t": (F, [1, 1]), "x": (F, [1, LATENT])},
        {"direction": (F, [1, LATENT])},
        {"start": np.array([0]), "end": np.array([LATENT]), "axis": np.array([1]), "one": np.ones((1, 1), F)},
    )


def _decoder(path: Path) -> None:
    """A tone of 200 Hz, as loud as the frame says. State 0: frames so far. State 1: nothing, as two of the real ones are."""
    tone = np.sin(2 * np.pi * 200 * np.arange(FRAME) / 24_000).astype(F)[None]
    write_model(
        path,
        [
            node("Slice", ["latent", "start", "end", "axis"], ["level"]),
            node("MatMul", ["level", "tone"], ["sound"]),
            node("Reshape", ["sound", "flat"], ["audio_frame"]),
            node("Shape", ["latent"], ["shape"]),
            node("Gather", ["shape", "end"], ["count"]),
            node("Add", ["state_0", "count"], ["out_state_0"]),
            node("Identity", ["state_1"], ["out_state_1"]),
        ],
        {"latent": (F, [1, "n", LATENT]), "state_0": (N, [1]), "state_1": (F, [1, 4, 0])},
        {"audio_frame": (F, [1, 1, "samples"]), "out_state_0": (N, [1]), "out_state_1": (F, [1, 4, 0])},
        {
            "start": np.array([0]), "end": np.array([1]), "axis": np.array([2]), "tone": tone, "flat": np.array([1, 1, -1]),
        },
    )  # fmt: skip
