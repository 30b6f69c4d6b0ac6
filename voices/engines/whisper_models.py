"""Where Whisper's models are, and how one gets here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from voices.engine import Progress
from voices.engines import whisper_packages
from voices.recognition import RecognizerUnavailable

_FILES: Final = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
_ELSEWHERE: Final = {
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}


def repository(model: str) -> str:
    """The Hugging Face repository of a model by its short name (`base.en`), or as it is (`owner/name`)."""
    if "/" in model:
        return model
    if model.startswith("distil-") and model not in _ELSEWHERE:
        return f"Systran/faster-distil-whisper-{model.removeprefix('distil-')}"
    return _ELSEWHERE.get(model, f"Systran/faster-whisper-{model}")


def find(model: str, cache: Path | None = None) -> Path | None:
    """The model's folder if it is on this machine: of that path, in a package, or in the hub's cache. Reads the disk only."""
    if (Path(model) / "model.bin").is_file():
        return Path(model)
    if packaged := whisper_packages.packaged(model, cache):
        return packaged
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        found = snapshot_download(repository(model), cache_dir=cache, allow_patterns=list(_FILES), local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return Path(found) if (Path(found) / "model.bin").is_file() else None


def download(model: str, cache: Path | None = None, *, endpoint: str | None = None) -> Iterator[Progress]:
    """Bring a model into the cache, from its packages or the hub, telling how far it is; done when it ends.

    Blocks between items; resumes what was begun. Raises RecognizerUnavailable when there is no way to the hub, or no such model
    on it.
    """
    if whisper_packages.joinable(model):
        yield from whisper_packages.join(cache)
        return
    news: SimpleQueue[Progress | Exception | None] = SimpleQueue()
    threading.Thread(target=_fetch, args=(model, cache, endpoint, news), daemon=True, name="whisper-download").start()
    while (item := news.get()) is not None:
        if isinstance(item, Exception):
            raise RecognizerUnavailable(
                f"the model {model!r} cannot be fetched from the Hugging Face hub ({type(item).__name__}): check the name "
                "and the connection, or give the path of a folder that holds a CTranslate2 Whisper model"
            ) from item
        yield item


def _fetch(model: str, cache: Path | None, endpoint: str | None, news: SimpleQueue[Progress | Exception | None]) -> None:
    import httpx2
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(
            repository(model),
            cache_dir=cache,
            allow_patterns=list(_FILES),
            endpoint=endpoint,
            tqdm_class=_reporting_bar(news.put),
        )
    except (OSError, ValueError, httpx2.HTTPError) as error:
        news.put(error)
    finally:
        news.put(None)


def _reporting_bar(report: Callable[[Progress], None]) -> Any:
    """A tqdm that draws nothing. huggingface_hub makes several; the one that counts what is on the disk is reported."""
    import io

    from tqdm import tqdm

    untyped: Any = tqdm

    class Bar(untyped):
        monitor_interval = 0  # no monitor thread

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._counts = kwargs.get("unit") == "B" and str(kwargs.get("desc", "")).startswith("Reconstructing")
            super().__init__(*args, **{**kwargs, "file": io.StringIO()})

        def update(self, n: float | None = 1) -> bool | None:
            changed: bool | None = super().update(n)
            if self._counts and self.total:
                report(Progress(int(self.n), int(self.total)))
            return changed

    return Bar
