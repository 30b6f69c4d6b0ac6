"""The server as a command. `pai-voice speech-server` starts it with the voices of this machine."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import anyio
import structlog
import uvicorn

from voices.speech_server.app import application
from voices.speech_server.chatterbox import load
from voices.speech_server.conditionals import ConditionalsCache
from voices.speech_server.ears import Ears
from voices.speech_server.key import KEY
from voices.speech_server.model import BadRequest, ServerError, SpeechModel
from voices.speech_server.shelf import Shelf
from voices.speech_server.tones import TonesModel
from voices.speech_server.worker import Worker

_log = structlog.get_logger(__name__)


def main(loader: Callable[[argparse.Namespace], Callable[[], SpeechModel]] | None = None) -> None:
    """Serve until stopped. Exit code 1, with a sentence, when the port is taken or the model cannot be loaded."""
    options = _parser().parse_args()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        anyio.run(_serve, options, (loader or _loader)(options))
    except* (ServerError, OSError) as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        sys.exit(f"speech-server: {first}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("speech-server", description="Speech for calls, over OpenAI's audio dialect.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="Who can reach it; with another than loopback, set a key")
    add("--port", type=int, default=8092, help="0 takes a free one")
    add("--model", choices=("turbo", "original", "multilingual", "tones"), default="turbo", help="tones hums, without a GPU")
    add("--weights", type=Path, help="A folder with the model's files; without it they are fetched once")
    add("--device", default="auto", help="cuda, mps or cpu")
    add("--voices", type=Path, action="append", default=[], help="A folder of voice files; repeatable, a later one wins")
    add("--clips", type=Path, help="A folder with <voice>.wav for voices that have no clip")
    add("--cache", type=Path, required=True, help="Where what is made of the clips is kept")
    add("--idle-minutes", type=float, help="Free the GPU's memory after so long without speech")
    add("--ears", help="Also transcribe, with this Whisper model: distil-large-v3")
    return parser


def _loader(options: argparse.Namespace) -> Callable[[], SpeechModel]:
    if options.model == "tones":
        return TonesModel
    return partial(load, options.model, options.weights, options.device)


async def _serve(options: argparse.Namespace, loader: Callable[[], SpeechModel]) -> None:
    key = os.environ.get(KEY, "")
    if not key and not ip_address(socket.gethostbyname(options.host)).is_loopback:
        raise BadRequest("others can reach this address: set key in [voices.chatterbox]")
    shelf = Shelf(options.voices, options.clips)
    idle_s = options.idle_minutes * 60 if options.idle_minutes else None
    worker = Worker(loader, shelf, ConditionalsCache(options.cache), idle_s=idle_s)
    ears = Ears(options.ears, options.device) if options.ears else None
    app = application(worker, key=key, ears=ears)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_keep_alive=300, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as door:  # named, or Nagle's delay stays
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((options.host, options.port))
        door.listen(64)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            tasks.start_soon(_tell, worker, ears, f"http://{options.host}:{door.getsockname()[1]}")
            await server.serve([door])
            tasks.cancel_scope.cancel()


async def _tell(worker: Worker, ears: Ears | None, url: str) -> None:
    """The address at once, so that /health can be asked; and when it can speak."""
    print(f"listening on {url}", flush=True)  # noqa: T201  what starts it reads this line
    await worker.ready.wait()
    if ears:
        await ears.warm()
    _log.info("ready", url=url, voices=len(worker.shelf.voices()))
