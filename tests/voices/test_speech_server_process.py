"""The speech server as a process: with a model that hums, and with the real chatterbox-tts on random weights.

The latter needs the environment that `make speech-server` builds: `pytest -m chatterbox` after a change of the server.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
import wave
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import anyio
import httpx2
import numpy as np
import pytest
from anyio import to_thread

from tests.kit.commands import Running, environment, eventually, run, running
from voices.audio import duration_s, read_wav, speech_level_dbfs, to_pcm, write_wav
from voices.catalogue import CALLER, Catalogue, Charge, Fallback
from voices.engines.chatterbox import ChatterboxSettings, ChatterboxSynthesizer
from voices.engines.tones import TonesSynthesizer
from voices.patience import Patience
from voices.synthesis import Rendering, Sound
from voices.voice import Voice, load_voices

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-speech" / "bin" / "python"
SENTENCE = "Keep the data in one place, and let everything else read from it."
ENDLESS: Final = Patience(first_s=60, longest_s=60, stall_s=60)  # so that nothing but its death ends the sentence
REAL = [
    pytest.mark.chatterbox,
    pytest.mark.skipif(not PYTHON.is_file(), reason="needs the environment of `make speech-server`"),
    pytest.mark.timeout(600),  # torch is loaded, and a GPU's model runs on a CPU
]
KINDS = ["tones", pytest.param("turbo", marks=REAL), pytest.param("original", marks=REAL)]
pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine


@dataclass
class Server:
    kind: str
    folder: Path
    url: str
    process: Running
    http: httpx2.AsyncClient

    async def speak(self, text: str, voice: str = "low", **more: Any) -> httpx2.Response:
        return await self.http.post("/v1/audio/speech", json={"input": text, "voice": voice, "seed": 3, **more})


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module", params=KINDS)
async def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Server]:
    folder = tmp_path_factory.mktemp("server")
    await to_thread.run_sync(_clips, folder)
    options = [
        "--model",
        request.param,
        "--port",
        "0",
        "--voices",
        str(folder),
        "--clips",
        str(folder),
        "--cache",
        str(folder / "kept"),
    ]
    program = [str(PYTHON), "-m", "tests.kit.small_chatterbox"]
    if request.param == "tones":
        program = [sys.executable, "-I", str(ROOT / "voices" / "speech_server" / "__main__.py")]
    env = environment(folder, PYTHONPATH=str(ROOT), CUDA_VISIBLE_DEVICES="")
    async with running(*options, env=env, cwd=folder, program=program) as process:
        url = (await process.says("listening on ", 300)).split()[-1]
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=300) as http:
            await eventually(lambda: http.get("/health"), lambda answer: answer.status_code == 200, 300)
            yield Server(request.param, folder, url, process, http)


def _clips(folder: Path) -> None:
    """Two voices, 6 s each: a hum with overtones and some breath."""
    at_s = np.arange(6 * 16_000) / 16_000
    for name, hz in (("low", 110), ("high", 220)):
        hum = sum(np.sin(2 * np.pi * hz * overtone * at_s) / overtone for overtone in range(1, 12))
        breath = np.random.default_rng(hz).normal(0, 0.05, at_s.size)
        write_wav(folder / f"{name}.wav", to_pcm((hum * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * at_s)) + breath) * 3_000))
        (folder / f"{name}.yaml").write_text("description: A voice.\nengines: {}\n")


async def test_it_is_ready_with_its_voices_prepared(server: Server) -> None:
    health = (await server.http.get("/health")).json()
    assert (health["ready"], health["loaded"], health["device"], health["voices"]) == (True, True, "cpu", ["high", "low"])
    assert health["model"].startswith(server.kind)
    assert len(list((server.folder / "kept").glob("*.pt"))) == 2


async def test_voices_take_turns_without_a_reload(server: Server) -> None:
    heard = [(await server.speak("Hello there, this is a test.", voice)).content for voice in ("low", "high", "low")]
    assert heard[0] == heard[2]  # the same seed
    assert heard[0] != heard[1]
    for content in heard:
        with wave.open(io.BytesIO(content)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
            assert file.getnframes() > 2_400
            assert -30 < speech_level_dbfs(file.readframes(file.getnframes())) < -15
    assert server.process.log.read_text().count("model_loaded") == 1


async def test_pcm_of_two_sentences_is_streamed(server: Server) -> None:
    text = "The first sentence is long enough. The second one is as long as that."
    asked = {"input": text, "voice": "low", "response_format": "pcm", "seed": 3}
    async with server.http.stream("POST", "/v1/audio/speech", json=asked) as answer:
        pieces = [piece async for piece in answer.aiter_bytes()]
    assert answer.headers["x-sample-rate"] == "24000"
    assert len(pieces) >= 2
    assert len(b"".join(pieces)) > 24_000 * 2 * 0.15


async def test_who_hangs_up_does_not_keep_others_waiting(server: Server) -> None:
    with anyio.move_on_after(0.2):
        await server.speak(SENTENCE * 60, seed=None)
    await eventually(lambda: server.http.get("/health"), lambda answer: answer.json()["queue"] == 0)
    assert (await server.speak("And then this one.")).status_code == 200


@pytest.mark.parametrize("server", KINDS[1:2], indirect=True)
@pytest.mark.parametrize("speed", [1.0, 1.2])
async def test_the_watermark_is_in_what_it_says(server: Server, speed: float) -> None:
    said = server.folder / "said.wav"
    said.write_bytes((await server.speak("Hello there, this is a test.", speed=speed)).content)
    found = [await _watermark(path) for path in (said, server.folder / "low.wav")]
    assert found[0] > 0.8
    assert found[1] < 0.4


async def _watermark(path: Path) -> float:
    command = [str(PYTHON), "-W", "ignore", "-m", "tests.kit.small_chatterbox", "watermark", str(path)]
    done = await anyio.run_process(command, cwd=ROOT)
    return float(done.stdout.split()[-1])


@pytest.mark.parametrize("server", KINDS[:1], indirect=True)
async def test_the_command_brings_every_voice_of_this_machine(server: Server) -> None:
    """With a clip that another engine spoke, long enough for turbo."""
    folder = server.folder
    env = environment(folder, PAI_VOICE_VOICES__CHATTERBOX__KEY="hush", PAI_VOICE_VOICES__ENGINES="espeak")
    async with running("speech-server", "--model", "tones", "--port", "0", env=env, cwd=folder) as process:
        url = (await process.says("listening on ")).split()[-1]
        async with httpx2.AsyncClient(base_url=url, trust_env=False, headers={"authorization": "Bearer hush"}) as http:
            await eventually(lambda: http.get("/health"), lambda answer: answer.status_code == 200)
            voices = (await http.get("/v1/audio/voices")).json()["voices"]
            assert (await http.get("/v1/audio/voices", headers={"authorization": "Bearer no"})).status_code == 401
    assert set(voices) == set(await to_thread.run_sync(load_voices)) - {CALLER}
    clips = folder / "home" / "speech-server" / "clips"
    lengths_s = await to_thread.run_sync(lambda: [duration_s(read_wav(clips / f"{name}.wav")) for name in voices])
    assert 8 < min(lengths_s) <= max(lengths_s) < 20


async def test_without_its_environment_the_command_says_what_to_do(tmp_path: Path) -> None:
    done = await run("speech-server", "--python", "nowhere", env=environment(tmp_path), cwd=tmp_path)
    assert done.code == 1
    assert "the speech server's own environment is not there: nowhere" in done.err
    assert "fix: run `make speech-server`" in done.err


async def test_others_are_let_in_only_with_a_key(tmp_path: Path) -> None:
    arguments = ("speech-server", "--model", "tones", "--host", "0.0.0.0", "--port", "0")
    done = await run(*arguments, env=environment(tmp_path, PAI_VOICE_VOICES__ENGINES="espeak"), cwd=tmp_path)
    assert done.code == 1
    assert "others can reach this address: set key in [voices.chatterbox]" in done.err


async def test_when_it_is_killed_in_mid_sentence_the_next_engine_says_it_once(server: Server) -> None:
    """The last test of its process."""
    voice = Voice("low", "Low.", {name: Rendering("low", name) for name in ("chatterbox", "tones")})
    engine = ChatterboxSynthesizer(ChatterboxSettings(url=server.url))
    await engine.warm()
    catalogue = Catalogue({"low": voice}, [engine, TonesSynthesizer(delay_s=0)], patience=ENDLESS)
    parts: list[Sound | Fallback | Charge] = []
    killed_s: list[float] = []

    async def say() -> None:
        parts.extend([part async for part in catalogue.speak(SENTENCE, "low")])
        took_ms = 1_000 * (anyio.current_time() - killed_s[0])
        print(f"killed {server.kind}: another engine had said it {took_ms:.0f} ms later")

    pid = server.process.process.pid
    os.kill(pid, signal.SIGSTOP)  # so that it is surely in the sentence when it dies
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(say)
        await eventually(lambda: to_thread.run_sync(_unread, server.url), bool)
        killed_s.append(anyio.current_time())
        os.kill(pid, signal.SIGKILL)
    await catalogue.aclose()
    assert [(part.engine, part.char) for part in parts if isinstance(part, Fallback)] == [("chatterbox", 0)]
    marks = [mark.char for part in parts if isinstance(part, Sound) for mark in part.marks]
    assert marks == [word.start() for word in re.finditer(r"\S+", SENTENCE)]


def _unread(url: str) -> bool:
    """Whether a request lies unread before the stopped server, by /proc."""
    port = f":{int(url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(port) and int(row[4].partition(":")[2], 16) > 100 for row in rows)
