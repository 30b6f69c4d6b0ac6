"""`pai-voice voices …`: what is listed, heard, measured and written; as processes where that is what people see."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import anyio
import anyio.to_thread
import numpy as np
import pytest
import yaml

from orchestrator.config import Settings
from orchestrator.errors import NoSound, NoSuchEngine, NoSuchVoice, NotSpoken, NotWritten
from orchestrator.lint import lint
from orchestrator.rosters import lineup_of
from orchestrator.trying.sound import play
from orchestrator.voice_commands import bench
from orchestrator.voice_commands.bench_engine import SENTENCES, measure, renderings_of
from orchestrator.voice_commands.checking import check_voices
from orchestrator.voice_commands.found import part_of, voice_named
from orchestrator.voice_commands.importing import import_voices
from orchestrator.voice_commands.listing import listing
from orchestrator.voice_commands.preview import preview
from tests.kit.commands import environment, run
from tests.kit.elevenlabs_options import registered
from voices.audio import duration_s, read_wav, speech_level_dbfs
from voices.check import HOUSE_DBFS, HOUSE_LUFS, Measures, Report
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.tones import TonesSynthesizer
from voices.settings import VoiceSettings
from voices.synthesis import Rendering, Sound, Synthesizer, SynthesizerUnavailable
from voices.voice import load_voice

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

AUNT = "description: Hers.\nlike: alto\nowner: {name: Aunt Ruth, consent: I said yes.}\nengines:\n  espeak: {variant: en-us+f4}\n"
RACHEL, MARCUS = "21m00Tcm4TlvDq8ikWAM", "iLVmqjzCGGvqtMCk6vVQ"
SETTINGS = json.dumps(
    {"daidentity": {"name": "Kai", "voices": {"main": {"voiceId": RACHEL, "stability": 0.85, "speed": "fast"}}}}
)
ROOK = f"---\nname: Rook\ndescription: Use for locks.\nvoiceId: {MARCUS}\nvoice: {{stability: 0.25}}\n---\nYou pick locks.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, text in {"voices/aunt.yaml": AUNT, "pai/settings.json": SETTINGS, "pai/agents/Rook.md": ROOK}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    voices = VoiceSettings(engines=("espeak",), folders=(tmp_path / "voices",), pai=tmp_path / "pai")
    return Settings(home=tmp_path / "home", agents=(tmp_path / "agents",), voices=voices)


@pytest.fixture
def elevenlabs(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch)


async def test_the_list_says_who_has_a_voice_whose_it_is_and_what_can_speak_it(tmp_path: Path, settings: Settings) -> None:
    env = environment(tmp_path, PAI_VOICE_VOICES=str(tmp_path / "voices"))
    rows = (await run("voices", "list", "--json", env=env, cwd=tmp_path)).json
    by_id = {row["id"]: row for row in rows["voices"]}
    assert (by_id["kai"]["agents"], by_id["kai"]["origin"], by_id["kai"]["owner"]) == (["kai"], "shipped", None)
    assert (by_id["aunt"]["origin"], by_id["aunt"]["owner"], by_id["aunt"]["engines"]["espeak"]) == ("yours", "Aunt Ruth", None)
    assert {"name": "espeak", "why_not": None, "marking": "none"} in rows["engines"]
    text = (await run("voices", "list", env=env, cwd=tmp_path)).out
    aunt = next(line for line in text.splitlines() if line.startswith(" aunt"))
    assert "Aunt Ruth's" in aunt
    assert "its sound is not marked as synthetic" in text


@pytest.mark.usefixtures("elevenlabs")
def test_the_list_says_why_an_engine_cannot_speak_a_voice(settings: Settings) -> None:
    found = {voice.id: voice for voice in listing(settings).voices}
    assert found["rook"].origin == "pai"
    assert found["rook"].engines["elevenlabs"] == "not in `engines` in [voices]"
    local = lineup_of(settings).voices["rook"].like
    assert found["rook"].engines["espeak"] == f"it has no part for it; {local} is heard instead"
    assert "speed is a number, not 'fast'" in listing(settings).broken[0]


def test_a_voice_is_found_by_its_agent_and_a_wrong_name_gets_the_nearest(settings: Settings) -> None:
    lineup = lineup_of(settings)
    assert voice_named(lineup, "Marcus").id == "engineer"
    with pytest.raises(NoSuchVoice, match=r"there is no voice `aumt`\. Did you mean `aunt`\?"):
        voice_named(lineup, "aumt")
    settings.voices.folders[0].joinpath("uncle.yaml").write_text("what?")
    with pytest.raises(NoSuchVoice, match=r"the voice `uncle` cannot be used: .*uncle\.yaml:1"):
        voice_named(lineup_of(settings), "uncle")


def heard(part: Rendering, direction: int) -> Measures:
    """A voice at the house's level, without a speaker embedder."""
    level = {"level_dbfs": HOUSE_DBFS, "loudness_lufs": HOUSE_LUFS, "peak_dbfs": -6.0, "silence_s": 0.1, "gain_db": 0.0}
    embedding = np.eye(16, dtype=np.float32)[direction]
    sound = {"pitch_hz": 120.0, "words_per_minute": 150.0}
    return Measures(part.voice, part.engine, part.digest, **level, **sound, formants_hz=(), embedding=embedding)


async def by_options(_: Synthesizer, renderings: Sequence[Rendering]) -> Report:
    """Takes two voices for one if their options are the same."""
    options = [str(part.options) for part in renderings]
    return Report(tuple(heard(part, options.index(said)) for part, said in zip(renderings, options, strict=True)))


async def test_who_could_be_confused_is_an_error_now_and_a_warning_of_lint_from_then_on(settings: Settings) -> None:
    folder = settings.voices.folders[0]
    for name in ("uncle", "niece"):
        (folder / f"{name}.yaml").write_text(AUNT)
    (checked,) = [one async for one in check_voices(settings, (), by_options)]
    assert not checked.ok
    pairs = ("aunt and niece", "aunt and uncle", "niece and uncle")
    assert checked.as_text().splitlines()[-3:] == [f"error: {pair}: 1.00 alike, 120 and 120 Hz: confusable" for pair in pairs]
    told = checked.as_json()
    assert {"one": "aunt", "other": "uncle", "similarity": 1.0, "verdict": "confusable"} in told["pairs"]
    assert "caller" not in {one["voice"] for one in told["voices"]}
    assert json.loads(json.dumps(told))["voices"][0]["pitch_hz"] == 120.0

    agents = settings.agents[0]
    agents.mkdir()
    for name, voice in (("Ruth", "aunt"), ("Odo", "uncle")):
        text = f"name: {name}\nrole: cooks\ndescription: Use for food.\nprompt: You cook.\nvoice: {voice}\n"
        (agents / f"{name.lower()}.yaml").write_text(text)
    (warning,) = [one.text for one in await anyio.to_thread.run_sync(lint, settings) if "confused" in one.text]
    assert warning.startswith("ruth and odo could be confused: their voices `aunt` and `uncle` are 1.00 alike on espeak; change")
    (folder / "uncle.yaml").write_text(AUNT.replace("f4", "f2"))
    assert not [one for one in await anyio.to_thread.run_sync(lint, settings) if "confused" in one.text]


async def test_an_engine_that_cannot_be_heard_takes_nothing_away_of_what_was_kept(settings: Settings) -> None:
    (settings.voices.folders[0] / "uncle.yaml").write_text(AUNT)
    assert [one async for one in check_voices(settings, ["espeak"], by_options)]
    before = await anyio.Path(settings.home / "voice_check.json").read_text()
    assert "uncle" in before

    async def broken(engine: Synthesizer, renderings: Sequence[Rendering]) -> Report:
        raise SynthesizerUnavailable(f"{engine.name} is out of order")

    (checked,) = [one async for one in check_voices(settings, ["espeak"], broken)]
    assert (checked.ok, checked.as_text(), checked.as_json()["voices"]) == (True, "espeak: espeak is out of order", [])
    assert await anyio.Path(settings.home / "voice_check.json").read_text() == before


def test_a_circle_of_likes_has_an_end(settings: Settings) -> None:
    (settings.voices.folders[0] / "uncle.yaml").write_text(AUNT.replace("alto", "aunt"))
    (settings.voices.folders[0] / "aunt.yaml").write_text(AUNT.replace("alto", "uncle"))
    lineup = lineup_of(settings)
    assert part_of(lineup.voices["aunt"], "other", lineup) is None


async def test_a_preview_is_written_where_it_is_wanted(settings: Settings, tmp_path: Path) -> None:
    spoken = await preview(settings, "aunt", "It is ten past four.", None, tmp_path / "aunt.wav")
    heard = await anyio.to_thread.run_sync(read_wav, tmp_path / "aunt.wav")
    assert heard == spoken.pcm
    assert duration_s(heard) > 0.7
    assert speech_level_dbfs(heard) == pytest.approx(-20, abs=6)
    assert spoken.as_text().startswith("aunt on espeak: ")
    assert "it is in" in spoken.as_text()


async def test_a_preview_is_played_where_something_plays(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = f"import sys; open({str(tmp_path / 'played')!r}, 'wb').write(sys.stdin.buffer.read())"
    monkeypatch.setattr("orchestrator.voice_commands.preview.player", lambda: (sys.executable, "-c", copy))
    spoken = await preview(settings, "kai", None, "espeak", None)
    assert (tmp_path / "played").read_bytes() == spoken.pcm
    assert spoken.as_text().endswith("played")


async def test_a_player_that_gives_up_says_why_and_the_preview_is_written(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = (sys.executable, "-c", "import sys; sys.stdin.buffer.read(); sys.exit('no device')")
    with pytest.raises(NoSound, match="stopped: no device"):
        await play(bytes(320), deaf)
    monkeypatch.setattr("orchestrator.voice_commands.preview.player", lambda: deaf)
    monkeypatch.chdir(tmp_path)
    spoken = await preview(settings, "kai", None, "espeak", None)
    assert await anyio.to_thread.run_sync(read_wav, tmp_path / "kai.wav") == spoken.pcm
    assert "stopped: no device\n" in spoken.as_text()
    assert spoken.as_text().endswith("it is in kai.wav")


@pytest.mark.usefixtures("elevenlabs")
async def test_a_preview_on_an_engine_that_cannot_says_so(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NoSuchEngine, match=r"no voice engine `espaek`\. Did you mean `espeak`"):
        await preview(settings, "kai", None, "espaek", None)
    with pytest.raises(NotSpoken, match="aunt has no part for pocket"):
        await preview(settings, "aunt", None, "pocket", None)
    with pytest.raises(NotSpoken, match=r"nothing was heard of '\.\.\.'"):
        await preview(settings, "kai", "...", "espeak", tmp_path / "kai.wav")


async def test_each_engine_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    env = environment(tmp_path)
    (row,) = (await run("voices", "bench", "--engine", "espeak", "--json", env=env, cwd=tmp_path)).json
    assert (row["engine"], row["voices"]) == ("espeak", 4)
    assert 0 < row["first_p50_ms"] <= row["first_p95_ms"]
    assert row["cpu"] > 0
    failed = await run("voices", "bench", "--engine", "espaek", env=env, cwd=tmp_path)
    assert (failed.code, failed.err.splitlines()[0]) == (1, "there is no voice engine `espaek`. Did you mean `espeak`?")


async def test_what_is_measured_is_the_time_until_the_first_sound_and_all_of_it() -> None:
    class Steady(TonesSynthesizer):
        """Each sentence as its first sound after 0.02 s, and the rest 0.02 s later."""

        async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
            for _ in range(2):
                await anyio.sleep(0.02)
                yield Sound(bytes(32_000))

    found = await measure(Steady(), [Rendering("a", "tones"), Rendering("b", "tones")], rounds=1)
    assert (found.voices, len(SENTENCES)) == (2, 8)
    assert 20 <= found.first_p50_ms <= found.first_p95_ms
    assert found.real_time_factor >= 0.02
    assert found.warm_s >= 0.08
    row = f"| tones | 2 | {found.first_p50_ms:.0f} ms |"
    assert bench.as_markdown([found, bench.Silent("chatterbox", "no server")]).splitlines()[2].startswith(row)


async def test_an_engine_that_breaks_while_it_is_measured_is_a_line_of_the_table(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "CHILD", "no.such.module")
    (row,) = [one async for one in bench.bench(settings, ["espeak"])]
    assert isinstance(row, bench.Silent)
    assert "no.such.module" in row.why or "No module" in row.why
    with pytest.raises(NotSpoken):
        bench.parsed(b"hello\n{}")


def test_only_voices_with_a_part_for_the_engine_are_measured(settings: Settings) -> None:
    assert [part.voice for part in renderings_of(settings, "espeak")] == ["architect", "engineer", "kai", "researcher"]
    with pytest.raises(NotSpoken, match="no voice has a part for nothing"):
        renderings_of(settings, "nothing")


@pytest.mark.usefixtures("elevenlabs")
def test_import_writes_pais_voices_as_files_and_never_over_yours(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "voices"
    (out / "rook.yaml").write_text("mine")
    found = import_voices(settings, None, out, force=False)
    assert (found.written, found.kept) == ((out / "kai.yaml",), (out / "rook.yaml",))
    assert "speed is a number, not 'fast'" in found.wrong[0]
    kai = load_voice(out / "kai.yaml")
    assert kai.renderings["elevenlabs"].options == {"voice_id": RACHEL, "stability": 0.85}
    assert kai.renderings["espeak"].options == lineup_of(settings).voices["kai"].renderings["espeak"].options
    assert (out / "rook.yaml").read_text() == "mine"

    again = import_voices(settings, tmp_path / "pai", out, force=True)
    assert set(again.written) == {out / "kai.yaml", out / "rook.yaml"}
    rook = yaml.safe_load((out / "rook.yaml").read_text())
    assert rook["engines"] == {"elevenlabs": {"voice_id": MARCUS, "stability": 0.25}}
    assert rook["like"] in lineup_of(settings).voices
    assert lineup_of(settings).files.errors == ()


@pytest.mark.usefixtures("elevenlabs")
def test_import_says_where_it_looked(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match=r"there is no folder .*nowhere"):
        import_voices(settings, tmp_path / "nowhere", tmp_path / "out", force=False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotWritten, match=r"PAI has no voices of ElevenLabs in .*empty"):
        import_voices(settings, tmp_path / "empty", tmp_path / "out", force=False)
    assert not (tmp_path / "out").exists()


def test_espeaks_list_of_voices_is_what_it_speaks() -> None:
    """What the check of a voice's file refuses, the library refuses; what it accepts, it speaks."""
    from voices.engines.espeak import EspeakOptions, unfit

    library = EspeakSynthesizer._load()._lib  # pyright: ignore[reportPrivateUsage]
    for variant in ("en-us", "EN-gb-x-rp+f4", "af", "nosuch", "en-wi", "en-gb"):
        refused = unfit(EspeakOptions.model_validate({"variant": variant}), Path())
        assert (library.espeak_SetVoiceByName(variant.encode()) == 0) is (refused is None), variant
    assert (
        unfit(EspeakOptions.model_validate({"variant": "en-us+F4"}), Path())
        == "espeak-ng has no variant 'F4'. Did you mean 'f4'?"
    )
