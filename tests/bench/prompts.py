"""A person's voice and what it says: Allison Smith's prompts for Asterisk (CC BY-SA 3.0), from Debian's packages."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from voices.audio import read_wav, to_pcm

TEXTS: Final = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
SOUNDS: Final = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
INSTALL: Final = "apt-get install --no-install-recommends asterisk-core-sounds-en asterisk-core-sounds-en-g722"
LONGEST_S: Final = 60  # of one utterance


def prompts() -> Iterator[tuple[str, bytes]]:
    """Text and sound of each prompt that is words. Raises FileNotFoundError, with how to get them."""
    if not TEXTS.is_file() or not SOUNDS.is_dir():
        raise FileNotFoundError(f"a person's prompts are not installed: {INSTALL}")
    for line in gzip.decompress(TEXTS.read_bytes()).decode(errors="replace").splitlines():
        name, _, text = line.partition(":")
        if line.startswith(";") or not text.strip() or set(text) & set("[]<>()") or "/" in name:
            continue  # a comment, a sound, or one word of a number
        sound = _sound(SOUNDS / name)
        if sound is not None and len(sound) / 32_000 < LONGEST_S:
            yield text.strip(), sound


def _sound(path: Path) -> bytes | None:
    """Wide band where it is installed."""
    if path.with_suffix(".g722").is_file():
        return _g722(path.with_suffix(".g722"))
    return read_wav(path.with_suffix(".wav")) if path.with_suffix(".wav").is_file() else None


def _g722(path: Path) -> bytes:
    import av

    opened: Any = av.open(str(path), format="g722")
    with opened as container:
        return to_pcm(np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)]))
