"""Texts far too large, and every entrance by which one may come in: what is done with it, step by step.

A step is what runs at one go; between two steps the event loop may do something else. An entrance that the product keeps off the
loop says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from pydantic import SecretStr

from agents import bounds, linear, mcp_server
from agents.claude_reply import Reply
from agents.errors import BrokenOff, FileError, ToolError, WorkError
from agents.front_matter import read as read_markdown
from agents.lines import Lines
from agents.pai_wire import NoMessage, Says, Wants, from_worker, pack
from agents.permission import WorkWords
from agents.places import Places
from agents.roster import load
from agents.script import Script
from agents.secrets import masked
from agents.shell import Opaque
from agents.shell import read as read_shell
from agents.spoken import Sentences
from agents.tools import Inputs, Tool
from agents.who import chosen
from agents.work import Asks, Done, Failed
from agents.work import Says as Told
from agents.yaml_file import YamlFile
from orchestrator.as_worked import fact_of
from orchestrator.config import load as load_config
from orchestrator.consent import read as read_consent
from orchestrator.errors import ConfigError
from orchestrator.journal import parsed
from orchestrator.names import Names
from orchestrator.notes import NoteFile
from orchestrator.notes import told as told_notes
from orchestrator.phrases import Phrases
from orchestrator.pin_filter import PinFilter
from orchestrator.pin_watch import PinWatch
from orchestrator.results import abridged, further, looked_up, part_of, plainly, prepared
from orchestrator.router import Router
from orchestrator.task import Task, Wish
from telephony.acs_wire import WireError, decode, read_callbacks, read_events
from telephony.admission import e164
from telephony.spoken_digits import spoken_keys
from voices.engines.elevenlabs.wire import read as read_elevenlabs
from voices.pai_files import front_matter, json_file, toml_file, yaml_file
from voices.recognition import Heard
from voices.spoken_form import spoken_form
from voices.synthesis import SynthesisError
from voices.voice import VoiceFileError, load_voice

ROOT: Final = Path(__file__).parents[2]
KINDS: Final = {
    "emoji": "\U0001f600\U0001f469\u200d\U0001f467", "marks": "a\u0316\u0301\u0323", "brackets": "[](){}<>", "digits": "1",
    "numbers": "1,000.5 ", "one word": "w", "deep lists": "[", "deep objects": '{"a":', "surrogates": "\ud83d\ud800",
    "controls": "\x00\x1b[2J\u202e\ue000\r", "markdown": "**[a](b)** `c` ~~d~~ > # - ", "blanks": " \n", "spaces": " ",
    "ssml": '<break time="1s"/><say-as>x', "prose": "Well, Kai said so. ", "quotes": "\"'\\", "paths": "a/b.c:1 ",
    "number words": "double four seven twenty one ",
}  # fmt: skip


def big(kind: str, chars: int, round_: int = 0) -> str:
    """In each round another text, in which that kind is mixed with others."""
    kinds = list(KINDS.values())
    piece = KINDS[kind] * (1 + round_ % 3) + (kinds[round_ % len(kinds)] if round_ else "")
    return "x" * (round_ % 7) + piece * (chars // len(piece))


@dataclass(frozen=True)
class Entrance:
    name: str
    steps: Callable[[str, Path], Iterator[object]]
    """The first step only prepares the text. Each item is what has come out; its size is bounded."""
    ours: tuple[type[Exception], ...] = ()
    """How it may refuse."""
    off_loop: bool = False
    most: int = 200_000
    """Characters that may come out of one step."""


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _json(text: str) -> bytes:
    return json.dumps(text).encode()


class _House:
    def __init__(self) -> None:
        self.roster = load([ROOT / "agents"], ROOT / "prompts")
        self.phrases = Phrases.load(ROOT / "prompts" / "phrases.yaml", self.roster.all_names())
        self.names = Names(self.roster, self.phrases.words)
        self.router = Router(self.roster, self.phrases)
        self.pin = PinFilter(SecretStr("4711"))
        self.words = WorkWords.read(ROOT / "prompts")
        self.lines = Lines.read(ROOT / "prompts" / "lines.yaml")


def entrances() -> list[Entrance]:
    house = _House()

    def heard(text: str, _: Path) -> Iterator[object]:
        yield None
        said = Heard(text, final=True, engine="test").text
        yield said
        yield house.router.at_once(said, "kai") and ""
        yield house.names.mentions(said) and ""
        yield PinWatch(house.pin).shown(said).text
        yield read_consent(said)[0][:0]
        yield spoken_keys(said)

    def answer(text: str, _: Path) -> Iterator[object]:
        """In pieces as they come over the network."""
        yield None
        taken, sentences = bounds.Answer(), Sentences()
        for at in range(0, len(text), 65_536):
            for piece in taken.take(text[at : at + 65_536]):
                for sentence in sentences.push(piece):
                    yield spoken_form(sentence).text
                yield house.pin.hide(piece)

    def tool_input(text: str, _: Path) -> Iterator[object]:
        reply = Reply()
        block = SimpleNamespace(type="tool_use", id="1", name="keep")
        yield list(reply.take(SimpleNamespace(type="content_block_start", index=0, content_block=block)))
        for at in range(0, len(text), 4_096):
            delta = SimpleNamespace(type="input_json_delta", partial_json=text[at : at + 4_096])
            yield list(reply.take(SimpleNamespace(type="content_block_delta", index=0, delta=delta)))

    def tool_given(text: str, _: Path) -> Iterator[object]:
        yield None
        yield str(Tool("keep", "Keeps it.", Inputs).check({"note": text}))

    def worker(text: str, _: Path) -> Iterator[object]:
        yield None
        yield from_worker(pack(Says(text, False))[:-1]) and ""
        yield from_worker(pack(Wants("1", "Write", {"content": text}))[:-1]) and ""

    def worker_line(text: str, _: Path) -> Iterator[object]:
        line = _bytes(text)[: bounds.WORKER_LINE_BYTES]
        yield None
        yield from_worker(line) and ""

    def command(text: str, _: Path) -> Iterator[object]:
        yield None
        yield len(read_shell(text))

    def pattern(text: str, _: Path) -> Iterator[object]:
        yield None
        yield linear.written(text)

    def yaml(text: str, folder: Path) -> Iterator[object]:
        path = folder / "agent.yaml"
        path.write_text(f"name: {text}", encoding="utf-8", errors="replace")
        yield None
        yield len(YamlFile(path).data)

    def settings(text: str, folder: Path) -> Iterator[object]:
        path = folder / "pai-voice.toml"
        path.write_text(f"a = {text}"[: bounds.FILE_BYTES // 4], encoding="utf-8", errors="replace")
        yield None
        load_config({"PAI_VOICE_CONFIG": str(path)}, folder)
        yield ""

    def question(text: str, folder: Path) -> Iterator[object]:
        """Of each kind of tool, as the worker sends it."""
        uses = (
            ("Bash", {"command": text}), ("Bash", {"command": f"echo '{text}' > a"}), ("", {"question": text}),
            ("Write", {"file_path": text, "content": text}), ("WebFetch", {"url": f"https://a.example/{text}", "prompt": text}),
            ("mcp__a__b", {"a": text, text: [text, {text: 1}]}),
        )  # fmt: skip
        agent, places = house.roster["engineer"], Places(str(folder), str(folder))
        yield None
        for tool, given in uses:
            wants = from_worker(pack(Wants("1", tool, given))[:-1])
            assert isinstance(wants, Wants)
            yield house.words.asks("1", tool, wants.input, agent, places).question
            yield house.words.unasked(tool, wants.input, agent, places) and ""

    def told(text: str, _: Path) -> Iterator[object]:
        """What a run tells: into the journal, to the caller, and to Claude in each turn."""
        text = bounds.work(text)
        agent = house.roster["engineer"]
        told = (Told(text), Asks("1", text[:2_000], exact=text[:20_000]), Done(text, text), Failed(WorkError(text), text))
        events = [prepared(event, house.pin.hide) for event in told]
        yield None
        for event in events:
            task = Task("1", Wish("+15550100", "A post.", "a post", 5), agent, datetime(2026, 1, 1, tzinfo=UTC))
            task.hide = house.pin.hide
            yield task.happened(event) and ""
            yield fact_of(task, task.events[-1]) and ""
            yield " ".join(plainly(task, house.lines))
            yield " ".join(further(task, house.lines))
            if isinstance(event, Done):
                yield abridged(event.result)
                yield part_of(event.result, 1)
                with suppress(ToolError):
                    yield looked_up(event.result, "double kai so")

    def written(text: str, folder: Path, name: str, read: Callable[[Path], object]) -> Iterator[object]:
        path = folder / name
        path.write_text(text, encoding="utf-8", errors="replace")
        yield None
        with suppress(FileError, VoiceFileError):
            yield read(path) and ""

    def markdown(text: str, folder: Path) -> Iterator[object]:
        front = "---\nname: {}\ndescription: {}\n---\n{}"
        yield from written(front.format(text, text, text), folder, "an-agent.md", read_markdown)
        yield from written(front.format("a", "a", text), folder, "an-agent.md", read_markdown)

    def voice(text: str, folder: Path) -> Iterator[object]:
        yield from written(text, folder, "alto.yaml", load_voice)
        yield from written(f"description: a\nengines:\n  say: {{voice: {text}", folder, "alto.yaml", load_voice)

    def pai_voices(text: str, folder: Path) -> Iterator[object]:
        for name, read in (("a.toml", toml_file), ("a.json", json_file), ("a.yaml", yaml_file), ("a.md", front_matter)):
            yield from written(text, folder, name, read)
        yield from written(f"---\nvoice: {text}", folder, "a.md", front_matter)

    def script(text: str, folder: Path) -> Iterator[object]:
        yield from written(f"turns:\n- says: {text}", folder, "script.yaml", Script.read)

    def notes(text: str, folder: Path) -> Iterator[object]:
        path = folder / "notes.md"
        path.write_text("\n".join(f"- {text[at : at + 5_000]}" for at in range(0, len(text), 5_000)), "utf-8", "replace")
        yield None
        yield len(vars(NoteFile)["_items"](NoteFile(path)))

    def told_of_notes(text: str, _: Path) -> Iterator[object]:
        ends = range(0, min(len(text), bounds.NOTES_BYTES), bounds.NOTE_CHARS)
        kept = [bounds.note(text[at : at + bounds.NOTE_CHARS]) for at in ends]
        yield None
        yield told_notes(kept, bounds.heard(text))

    def mcp_tool(text: str, _: Path) -> Iterator[object]:
        server = mcp_server.McpServer("desk", mcp_server.McpSettings(command="desk"))
        schemas = ({text: {"type": "string"}}, {"a": {"pattern": text[:3_000]}}, {"a": {"enum": [text]}}, {"a": {"$ref": text}})
        tools = [SimpleNamespace(name=text, title=text, description=text, annotations=None, input_schema={"type": "object"})]
        tools += [
            SimpleNamespace(
                name="a", title="", description="", annotations=None, input_schema={"type": "object", "properties": one}
            )
            for one in schemas
        ]
        yield None
        for tool in tools:
            usable, left_out = vars(mcp_server.McpServer)["_usable"](server, [tool])
            yield repr(usable) + repr(left_out)

    def mcp_result(text: str, _: Path) -> Iterator[object]:
        yield None
        for texts in ([text], [text[at : at + 100] for at in range(0, len(text), 100)]):
            content = [SimpleNamespace(type="text", text=one) for one in texts]
            yield vars(mcp_server)["_told"](SimpleNamespace(content=content, is_error=False, structured_content=None))
        yield vars(mcp_server)["_told"](SimpleNamespace(content=[], is_error=False, structured_content={"a": text}))

    event = (
        '[{{"id": {0}, "eventType": "Microsoft.Communication.IncomingCall", "eventTime": "2026-01-01T00:00:00Z", "data": {0}}}]'
    )
    one = "{}".format

    def simple(does: Callable[[Any], object], prepared: Callable[[str], Any] = str) -> Callable[[str, Path], Iterator[object]]:
        def steps(text: str, _: Path) -> Iterator[object]:
            given = prepared(text)
            yield None
            yield does(given)

        return steps

    def delivery(text: str) -> bytes:
        return event.format(_json(text[:100_000]).decode()).encode()

    def caller(text: str) -> bytes:
        one = {"rawId": text[:1_000], "phoneNumber": {"value": text[:50_000]}}
        data = {"from": one, "to": one, "incomingCallContext": "a", "correlationId": "a"}
        return event.format(json.dumps(data)).encode()

    def callback(text: str) -> bytes:
        text = text[:50_000]
        body = {"id": "1", "type": text, "data": {"operationContext": text, "resultInformation": {"message": text}}}
        return json.dumps(body).encode()

    def journal(text: str) -> str:
        asked = {"seq": 1, "at_s": 0, "kind": "task_asked", "task": text, "question": text, "exact": text}
        lines = [{"seq": 1, "at_s": 0, "kind": text}, asked, asked | {"risky": text}, {}]
        return "\n".join(map(json.dumps, lines)) + "\n"

    data = (ValueError,)  # bounds.TooMuch, or that it is no JSON
    return [
        Entrance("what is heard", heard),
        Entrance("Claude's answer", answer),
        Entrance("a tool's input, as it comes", tool_input, (BrokenOff,)),
        Entrance("a tool's input", tool_given, (ToolError,)),
        Entrance("a tool's result", simple(bounds.tool_result)),
        Entrance("what a run writes", worker, off_loop=True),
        Entrance("a line of the worker", worker_line, (NoMessage,), off_loop=True),
        Entrance("a command", command, (Opaque,)),
        Entrance("secrets in a text", simple(lambda text: masked(bounds.text(text, 8_000)))),
        Entrance("an event's delivery", simple(read_events, delivery), (WireError,)),
        Entrance("raw bytes as a delivery", simple(read_events, _bytes), (WireError,)),
        Entrance("a callback", simple(read_callbacks, callback), (WireError,)),
        Entrance("a media message", simple(lambda text: decode(text[:65_536])), (WireError,)),
        Entrance("a caller's number", simple(read_events, caller), (WireError,)),
        Entrance("a telephone number", simple(e164), (ValueError,)),
        Entrance("an engine's message", simple(lambda text: bounds.data(text, bounds.MESSAGE_BYTES)), data),
        Entrance("an engine's answer", simple(lambda text: one(read_elevenlabs(text))[:0]), (SynthesisError,)),
        Entrance("whom Claude chose", simple(lambda text: chosen({"kai": "kai"}, text[: bounds.TOOL_INPUT_CHARS]) and "")),
        Entrance("a tool of an MCP server", mcp_tool, off_loop=True),
        Entrance("what an MCP tool gives", mcp_result),
        Entrance("what a run tells", told),
        Entrance("what a run wants", question, off_loop=True),
        Entrance("a note", simple(bounds.note)),
        Entrance("a caller's notes", notes, (UnicodeDecodeError,), off_loop=True),
        Entrance("what notes tell", told_of_notes),
        Entrance("a value in the log", simple(lambda text: bounds.logged({"detail": text, "more": [text] * 3}) and "")),
        Entrance(
            "a line of a journal",
            simple(lambda text: len(list(parsed(text.encode(), "journal.jsonl"))), journal),
            data,
            off_loop=True,
        ),
        Entrance("a pattern in a file", pattern, data, off_loop=True),
        Entrance("an agent's file", yaml, (FileError,), off_loop=True),
        Entrance("an agent's Markdown", markdown, off_loop=True),
        Entrance("a voice's file", voice, off_loop=True),
        Entrance("PAI's voices", pai_voices, off_loop=True),
        Entrance("a script", script, off_loop=True),
        Entrance("the settings", settings, (ConfigError,), off_loop=True),
    ]


def size(result: Any) -> int:
    return len(result) if isinstance(result, str | bytes | list | tuple) else 0
