"""The PIN goes nowhere but to the gate: asked for or not, said, keyed, written by Claude or by the work, in whatever form."""

from __future__ import annotations

import json
import wave
import zipfile
from collections.abc import AsyncGenerator, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast

import anyio
import numpy as np
import pytest
import structlog
import yaml
from pydantic import SecretStr

from agents.script import ToolUse
from agents.scripted import ScriptedTransport
from agents.scripted_work import ScriptedRunner, WorkScript
from agents.work import Order, TaskEvent
from orchestrator.config import Settings
from orchestrator.events import DigitPressed, HeardText
from orchestrator.export import export
from orchestrator.journal import Folder
from orchestrator.make_test import make_test
from orchestrator.pin import Trust
from orchestrator.pin_filter import HIDDEN, PinFilter
from orchestrator.pin_watch import PinWatch
from orchestrator.recorded import Recorded
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.virtual_time import run
from telephony.admission import Admission, AdmissionPolicy
from telephony.pin_tries import GLANCES
from telephony.spoken_digits import Digits
from voices.audio import RATE, stereo

CALLER: Final = "+15550100"
DATA: Final[dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "spoken_pins.yaml").read_text(encoding="utf-8")
)
FORMS: Final = [(pin, said) for pin, forms in DATA.items() for said in forms]
PIN: Final = "4711"


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield cast("list[Any]", lines)


@cache
def policy(pin: str = PIN, mode: Literal["risky", "always"] = "risky") -> AdmissionPolicy:
    return AdmissionPolicy(allow=(CALLER,), pin=SecretStr(pin), pin_mode=mode)


policy()  # now: it reads each country's numbers


def trust(pin: str = PIN, mode: Literal["risky", "always"] = "risky") -> Trust:
    return Trust.of(Admission(policy(pin, mode)), CALLER)


class Overheard:
    """What the work is told on its stdin, as a scripted one takes it in."""

    def __init__(self, words: Any, told: list[str]) -> None:
        self._words, self._told = words, told

    async def receive(self) -> Any:
        word = await self._words.receive()
        self._told.append(str(word))
        return word

    def __getattr__(self, name: str) -> Any:
        return getattr(self._words, name)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of all work."""
    told: list[str] = []
    played = ScriptedRunner.run

    async def overheard(self: ScriptedRunner, order: Order, words: Any) -> AsyncGenerator[TaskEvent, None]:
        told.append(order.prompt)
        async for event in played(self, order, cast("Any", Overheard(words, told))):
            yield event

    monkeypatch.setattr(ScriptedRunner, "run", overheard)
    return told


def artefacts(call: RehearsedCall, claude: StagedClaude, *more: object) -> dict[str, str]:
    """All that is kept of a call, or sent in it."""
    return {
        "journal": "\n".join(json.dumps(_words(entry.event.model_dump(mode="json"))) for entry in call.journal),
        "transcript": call.transcript(),
        "Claude": json.dumps([exchange.request["messages"] for exchange in claude.requests], ensure_ascii=False),
        "history": str([line.text for line in call.call._mind.history.lines]),  # pyright: ignore[reportPrivateUsage]
        "more": "\n".join(map(str, more)),
    }


def _words(fact: dict[str, Any]) -> dict[str, Any]:
    """Without times and prices, whose digits may be anything."""
    return {name: value for name, value in fact.items() if isinstance(value, str | dict | list) and name not in ("usd", "task")}


def leaks(pin: str, said: str, found: dict[str, str]) -> list[str]:
    """Where it stands, as it was said or in another form."""
    return [
        where
        for where, text in found.items()
        if said.casefold() in text.casefold() or any(Digits(pin).found(line)[0] for line in text.splitlines())
    ]


@pytest.mark.parametrize(("pin", "said"), FORMS)
async def test_unasked(pin: str, said: str, claude: StagedClaude, rehearsal: Rehearsal, logged: list[Any]) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    async with rehearsal.call(agents="", trust=trust(pin)) as call:
        await call.say(f"Kai, {said}, and what is on my list")
        await call.say(said)
    assert len(call.facts(HeardText)) == 2
    assert leaks(pin, said, artefacts(call, claude, *logged)) == []


@pytest.mark.parametrize(("pin", "said"), FORMS[::4])
async def test_asked(pin: str, said: str, claude: StagedClaude, rehearsal: Rehearsal, logged: list[Any]) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    async with rehearsal.call(agents="", trust=trust(pin, "always")) as call:
        await call.say(said)
        await call.say("Kai, what is on my list")
    assert leaks(pin, said, artefacts(call, claude, *logged)) == []


@pytest.mark.parametrize("keys", ["4711#", "4711", "47#11#", "*4711#", "12 4711 9#".replace(" ", "")])
async def test_keyed(keys: str, claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    async with rehearsal.call(agents="", trust=trust()) as call:
        await call.press(keys)
    pressed = "".join(fact.key for fact in call.facts(DigitPressed))
    assert PIN not in pressed.replace("#", "")
    assert HIDDEN in pressed
    assert leaks(PIN, "4711", artefacts(call, claude)) == []


async def test_keys_that_only_begin_like_it_are_told_in_the_end(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    async with rehearsal.call(agents="", trust=trust()) as call:
        await call.press("47#")
        await call.press("4712#")
        await call.press("47#")
    assert "".join(fact.key for fact in call.facts(DigitPressed)) == "47#4712#47#"


@pytest.mark.parametrize("breaths", [("my PIN is four seven", "one one"), ("my PIN is", "four seven one one"), ("4 7", "1 1")])
async def test_in_two_breaths(breaths: tuple[str, str], claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    async with rehearsal.call(agents="", trust=trust()) as call:
        for words in breaths:
            await call.say(words)
    found = artefacts(call, claude)
    assert leaks(PIN, breaths[1], found) == []
    assert "PIN" not in breaths[0] or "four" not in found["Claude"]


async def test_in_two_breaths_where_it_is_asked_for(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with rehearsal.call(agents="", trust=trust(mode="always")) as call:
        await call.say("four seven")
        assert call.said[-1].text.endswith(call.call.lines.pin.unclear)
        await call.say("one one")
        assert call.call.lines.pin.passed in [said.text for said in call.said]


async def test_given_with_the_wish_it_counts(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai")
    claude.uses("kai", "recall", when="what is on my list")
    claude.says("kai", "Milk.", after="recall")
    known = trust()
    async with rehearsal.call(agents="", trust=known) as call:
        await call.say("Kai, my PIN is four seven one one, what is on my list")
        assert call.said[-1].text.endswith("Milk.")
        assert not known.unproven
    assert leaks(PIN, "four seven one one", artefacts(call, claude)) == []


async def test_said_of_something_else_it_is_hidden_and_counts_for_nothing(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    unknown = trust("1984")
    async with rehearsal.call(agents="", trust=unknown) as call:
        await call.say("Kai, who wrote the book in 1984 about big brother")
        assert unknown.unproven
        assert call.heard == [f"Kai, who wrote the book in {HIDDEN} about big brother"]
        await call.say("Kai, and in 1985")
        assert call.heard[-1] == "Kai, and in 1985"


async def test_nobody_finds_it_by_what_is_hidden(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    admission = Admission(policy())
    async with rehearsal.call(agents="", trust=Trust.of(admission, CALLER)) as call:
        for number in range(GLANCES // 10 + 1):
            await call.say(f"what about {4_000_000_000_000 + number}")
        await call.say("what about 1234")
        assert call.heard[-1] == f"what about {HIDDEN}", "whatever it is"
        await call.say("my PIN is 4711")
    fresh = Trust.of(admission, CALLER)
    async with rehearsal.call(agents="", trust=fresh) as call:
        await call.say("what about 1234")
        await call.say("4711")
        assert fresh.unproven, "nor is it taken unasked"


@pytest.mark.parametrize(("pin", "said"), FORMS[::2])
async def test_in_what_claude_calls_for_and_the_work_says(
    pin: str, said: str, claude: StagedClaude, rehearsal: Rehearsal, stdin: list[str], logged: list[Any]
) -> None:
    """In a tool's arguments, what the work tells, a question of it, the answer to that, and its result."""
    work = {"what": f"A post. Use {said}.", "title": f"post {pin}", "minutes": 3.0, "mood": "bright"}
    claude.routes_to("engineer")
    claude.says("engineer", "", when="begin", calls=[ToolUse(tool="start_task", input=work)])
    claude.says("engineer", "Yes.", after="start_task")
    claude.says("kai", "", when="keep", calls=[ToolUse(tool="remember", input={"note": f"They said {said}."})])
    claude.says("kai", "Kept.", after="remember")
    claude.says("engineer", f"They said {said}.", when="tell")
    claude.says("engineer", "It is done.", note="finished")
    steps = WorkScript.model_validate(
        {
            "works": [
                {
                    "steps": [
                        {"after_s": 6, "says": f"I found it in a file: {said}."},
                        {"after_s": 30, "asks": {"question": f"Is the room number this: {said}?"}},
                        {"done": {"result": f"# Done\n\nIt is {said}.", "spoken": f"It is {said}."}},
                    ]
                }
            ]
        }
    )
    known = trust(pin)
    async with rehearsal.call(agents="", trust=known, work=steps) as call:
        await call.press(f"{pin}#")
        assert not known.unproven
        await call.say("Kai, keep that")
        await call.say("Engineer, tell me")
        await call.say("Engineer, begin")
        await call.pause(50)
        await call.say(f"it is {said}")
        await call.pause(30)
    assert call.tasks, "the work was begun"
    assert any("Answer" in word for word in stdin), stdin
    notes = [note for one in rehearsal.notes.values() for note in (*one.kept, *one.apart)]
    assert notes
    assert leaks(pin, said, artefacts(call, claude, *stdin, *notes, *logged)) == []


@pytest.mark.parametrize("question", ["What is your PIN?", "Which code did you get by SMS?", "Password, please?"])
async def test_the_work_asks_for_no_secret(question: str, claude: StagedClaude, rehearsal: Rehearsal, stdin: list[str]) -> None:
    claude.routes_to("engineer")
    work = {"what": "A post.", "title": "a post", "minutes": 3.0, "mood": "bright"}
    claude.says("engineer", "", when="begin", calls=[ToolUse(tool="start_task", input=work)])
    claude.says("engineer", "Yes.", after="start_task")
    steps = WorkScript.model_validate(
        {
            "works": [
                {"steps": [{"after_s": 5, "asks": {"question": question}, "no": [{"says": "Then without."}]}, {"hangs": True}]}
            ]
        }
    )
    async with rehearsal.call(agents="", work=steps) as call:
        await call.say("Engineer, begin")
        await call.pause(40)
        assert not any(question in said.text for said in call.said)
        assert any("Then without." in said.text for said in call.said)
    assert any("secret" in word for word in stdin)


def test_neither_scenario_nor_export_has_it(tmp_path: Path) -> None:
    claude, calls = StagedClaude(), list[RehearsedCall]()

    async def play() -> None:
        claude.routes_to("kai")
        claude.says("kai", "It is short today.")
        async with Rehearsal(ScriptedTransport(claude)).call(agents="", trust=trust()) as call:
            await call.say("Kai, my PIN is four seven one one, what is on my list")
            await call.press("4711#")
        calls.append(call)

    run(play)
    recorded = Recorded("call", calls[0].journal, None)
    make_test(recorded, tmp_path / "x.scenario.yaml")
    export(Settings(home=tmp_path), recorded, tmp_path / "x.zip", mask=False)
    with zipfile.ZipFile(tmp_path / "x.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    scenario = (tmp_path / "x.scenario.yaml").read_text(encoding="utf-8")
    for text in (scenario, texts["transcript.txt"]):
        assert "list" in text
        assert not any(Digits(PIN).found(line)[0] for line in text.splitlines())
    assert "four seven" not in texts["journal.jsonl"]


@pytest.mark.parametrize("mode", ["risky", "always"])
async def test_no_recording_has_the_voice_that_says_it(
    mode: Literal["risky", "always"], claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    claude.routes_to("kai")
    claude.says("kai", "I see.")
    async with rehearsal.call(agents="", trust=trust(mode=mode)) as call:
        await call.say("four seven one one")
        said_s = call.writing.now_s() - 0.1
        await call.say("Kai, what is on my list")
    caller = np.frombuffer(call.recording, "<i2")[::2]
    first, second = caller[: round(said_s * RATE)], caller[round(said_s * RATE) :]
    assert np.abs(first).max() < 100
    assert np.abs(second).max() > 300


def test_a_recording_on_disk_is_hushed(tmp_path: Path) -> None:
    async def record() -> None:
        folder = Folder(tmp_path / "call")
        await folder.open()
        await folder.store([], stereo(b"\1\1" * RATE, b"\2\2" * RATE))
        await folder.hush(RATE // 4, RATE // 2)
        await folder.store([], stereo(b"\3\3" * RATE, b"\4\4" * RATE))
        await folder.close()

    anyio.run(record)
    with wave.open(str(tmp_path / "call" / "call.wav")) as recording:
        sound = np.frombuffer(recording.readframes(2 * RATE), "<i2").reshape(-1, 2)
    assert [int(sound[at, 0] != 0) for at in (0, RATE // 4, RATE // 2 - 1, RATE // 2, RATE)] == [1, 0, 0, 1, 1]
    assert (sound[:, 1] != 0).all()


def test_a_guess_leaves_no_trace() -> None:
    watch, asks = PinWatch(PinFilter(SecretStr(PIN))), "How many?"
    assert watch.shown("four seven", asks).text == "four seven"
    assert watch.shown("one one", asks).text == "one one", "the first was a guess, and was dropped"
    watch.heard("four seven", asks)
    assert watch.shown("one one", asks).text == HIDDEN


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("pin numpy to 1.26", "pin numpy to 1.26"),
        ("my PIN is 1234", "my PIN is …"),
        ("my password is seven", "my password is …"),
        ("what is the door number 12", "what is the door number 12"),
    ],
)
def test_what_is_said_to_be_a_secret_is_hidden(said: str, shown: str) -> None:
    assert PinWatch(PinFilter(SecretStr(PIN))).shown(said).text == shown


def test_neither_shows_it() -> None:
    filter = PinFilter(SecretStr(PIN))
    held = (filter, PinWatch(filter).shown("4711"), Admission(policy()).rules, policy(), trust())
    assert PIN not in repr(held)
