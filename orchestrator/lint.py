"""`pai-voice agents lint`: what is wrong with the agents, and what is right but will not work well on a telephone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Final, Literal

from agents import bounds
from agents.definition import HEX, Agent
from agents.errors import AgentError, FileError
from agents.estimate import turn_cost
from agents.prices import DEAREST, is_known
from agents.prompting import Prompts
from agents.roster import Roster
from agents.rules import is_wide
from agents.survey import Survey
from agents.yaml_file import did_you_mean
from orchestrator.config import Settings
from orchestrator.confusable import alike, phones, signs
from orchestrator.lineup import Lineup
from orchestrator.phrases import Phrases, plain
from orchestrator.rosters import PROMPTS, lineup_of, phrases_of
from orchestrator.voice_memory import FILE
from orchestrator.voice_pairs import near_twins
from voices.pai_voices import ENGINE
from voices.voice import SHIPPED, Voice, VoiceFileError

LONG_PROMPT: Final = 6_000  # characters: some 1,500 tokens, which every first turn must read
FEW_TURNS: Final = 200  # a long call; an agent who cannot pay for it is cut off
SCREENS: Final = ("#000000", "#ffffff")
LEAST_CONTRAST: Final = 3.0  # WCAG 2.2, 1.4.11
OF_A_PERSON: Final = frozenset({"clip"})
"""Options by which an engine speaks as somebody who was recorded."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """With an error nothing starts; a warning is advice."""

    state: Literal["error", "warning"]
    file: str
    """Empty where no single file is to blame."""
    line: int
    column: int
    text: str
    """What is wrong, and its fix."""

    @classmethod
    def of(cls, error: AgentError, state: Literal["error", "warning"] = "error") -> Complaint:
        if isinstance(error, FileError):
            return cls(state, str(error.path), error.line, error.column, error.problem)
        return cls(state, "", 1, 1, str(error))

    @classmethod
    def of_voice(cls, error: VoiceFileError, state: Literal["error", "warning"] = "error") -> Complaint:
        return cls(state, str(error.path), error.line, 1, error.problem)

    def as_text(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        return f"{place}{self.state}: {self.text}"


def lint(settings: Settings, files: Sequence[Path] = ()) -> list[Complaint]:
    """Of all agents and voices, or of these agents' files as if they lay in the last of the folders. Errors first."""
    lineup = lineup_of(settings, files)
    found = lineup.found
    sound = _sound(found)
    voices = [Complaint.of_voice(error) for error in lineup.files.errors]
    voices += [Complaint("error", "", 1, 1, str(error)) for error in lineup.mispronounced]
    complaints = [*(Complaint.of(error) for error in (*found.errors, *_nobody(found, files))), *voices]
    complaints += [Complaint.of(error, "warning") for error in (*advice(sound, settings), *shared_voices(sound, lineup.free))]
    complaints += [Complaint.of_voice(error, "warning") for error in (*voice_advice(lineup, settings), *lineup.pai.errors)]
    if not files:
        return complaints
    spoken = {str(found.files[one].data.get("voice")) for one in found.agents if found.files[one].path in files}
    named = {"", *map(str, files), *(str(error.path) for error in lineup.files.errors if error.path.stem in spoken)}
    return [complaint for complaint in complaints if complaint.file in named]


def _sound(found: Survey) -> Survey:
    """Without those that have errors: for them advice can wait."""
    broken = {error.path for error in found.errors if isinstance(error, FileError)}
    agents = {one: agent for one, agent in found.agents.items() if found.files[one].path not in broken}
    return Survey(agents, found.files, (), {one: voice for one, voice in found.chosen.items() if one in agents})


def _nobody(found: Survey, files: Sequence[Path]) -> Iterator[FileError]:
    """Files that are no agents: in a folder they may lie there, but nobody asks for them by name in vain."""
    read = {file.path for file in found.files.values()} | {error.path for error in found.errors if isinstance(error, FileError)}
    for path in files:
        if path not in read:
            yield FileError(path, "is no agent; begin it with `---`, `name: …`, `description: …` and `---`")


def advice(found: Survey, settings: Settings) -> Iterator[FileError]:
    """Warnings, for the agents that could be read."""
    if not found.agents:
        return
    yield from _colors(found)
    yield from _alike(found)
    roster = Roster(found.agents.values())
    prompts, phrases = Prompts.read(roster, PROMPTS), phrases_of(roster)
    for one, agent in found.agents.items():
        file = found.files[one]
        for place, name in _names(agent):
            if problem := _unsayable(name, phrases):
                yield file.error(place, f"`{name}` {problem}; choose another")
        if len(agent.prompt) > LONG_PROMPT:
            yield file.error(
                ("prompt",), f"the prompt has {len(agent.prompt):,} characters: that delays every first answer; shorten it"
            )
        if agent.risky_tools and settings.admission.pin is None and settings.admission.pin_mode != "never":
            yield file.error(("risky_tools",), "they need a PIN, and none is set, so they are refused; set `pin` in [admission]")
        for place, problem in _wide(agent):
            yield file.error(place, problem)
        yield from _costs(found, agent, prompts, settings)


def _wide(agent: Agent) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Rules that let long work do more unasked than is done in its folder."""
    if agent.task is None:
        return
    for at, rule in enumerate(agent.task.allowed_tools):
        if problem := is_wide(rule):
            yield ("task", "allowed_tools", at), problem
    folder = bounds.path(agent.task.folder) if agent.task.folder else None
    if folder and (folder == Path(folder.anchor) or folder in (Path.home(), *Path.home().parents)):
        yield ("task", "folder"), f"`{agent.task.folder}` holds more than work: keys, settings, mail; take a folder in it"


def _colors(found: Survey) -> Iterator[FileError]:
    first: dict[str, str] = {}
    for one, agent in found.agents.items():
        if (other := first.setdefault(agent.color, one)) != one and "color" in found.files[one].data:
            yield found.files[one].error(
                ("color",), f"`{agent.color}` is {other}'s color too, so who speaks is hard to tell; take another"
            )
    for one, agent in found.agents.items():
        if HEX.fullmatch(agent.color) and (worst := min(contrast(agent.color, screen) for screen in SCREENS)) < LEAST_CONTRAST:
            low = f"`{agent.color}` has a contrast of only {worst:.1f} on a black or a white screen"
            yield found.files[one].error(("color",), f"{low}; take one with {LEAST_CONTRAST:g} on both, or a colour's name")


def contrast(one: str, other: str) -> float:
    """Of two `#rrggbb`, as WCAG 2.2 counts it: 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _names(agent: Agent) -> list[tuple[tuple[str | int, ...], str]]:
    return [(("name",), agent.name), *((("aliases", at), alias) for at, alias in enumerate(agent.aliases))]


def _unsayable(name: str, phrases: Phrases) -> str | None:
    words = plain(name)
    if not phones(name) and words.isascii():
        return "has no letters that could be said"
    if strange := signs(name):
        return f"has {strange!r} in it, which nobody can say"
    said = (phrases.is_stop, phrases.is_backchannel, phrases.is_small_talk, phrases.is_goodbye, phrases.is_follow_up)
    return "is something callers say for other reasons" if any(rule(name) for rule in said) else None


def _alike(found: Survey) -> Iterator[FileError]:
    """The first names of each two agents that are not kept apart; those that are the same are an error already."""
    for one, other in combinations(found.agents.values(), 2):
        pairs = product(_names(one), _names(other))
        near = ((first, second) for first, second in pairs if first[1].casefold() != second[1].casefold())
        if pair := next(((a, b) for a, b in near if alike(a[1], b[1])), None):
            (_, taken), (place, name) = pair
            yield found.files[other.id].error(
                place, f"`{name}` sounds like {one.id}'s `{taken}`; choose a name that differs more"
            )


def _costs(found: Survey, agent: Agent, prompts: Prompts, settings: Settings) -> Iterator[FileError]:
    file, model = found.files[agent.id], agent.model.id
    if not is_known(model):
        yield file.error(
            ("model", "id"), f"no price is known for `{model}`, so it counts as {DEAREST}; add it to agents/prices.py"
        )
        return
    limit, turn = settings.admission.max_usd_per_call, turn_cost(agent, prompts).usd
    if turn * FEW_TURNS > limit:
        spent = f"a turn costs about {turn:.4f} USD, so after {limit // turn:.0f} of them the call's {limit} USD are spent"
        yield file.error(("model",), f"{spent}; take a cheaper model, or raise max_usd_per_call")


def shared_voices(found: Survey, free: Collection[str]) -> Iterator[AgentError]:
    """An agent that names a voice which another one has; and all together those who name none and share one. `free` are the
    voices that nobody has, of those that may be given."""
    agents_of: defaultdict[str, list[str]] = defaultdict(list)
    for one, agent in found.agents.items():
        agents_of[agent.voice].append(one)
    crowd = not free or max(Counter(found.agents[one].voice for one in found.chosen).values(), default=0) > 1
    crowded: set[str] = set()
    for voice, agents in agents_of.items():
        naming = [one for one in agents if one not in found.chosen]
        given = [one for one in agents if one in found.chosen]
        if crowd:
            crowded |= {*given} if len(agents) > 1 else set()
            given = []
        first, *later = [*given, *naming] or [""]
        for one in later:
            problem = f"`{voice}` is {first}'s voice too, so who speaks is hard to tell; take another, or leave `voice` out"
            yield found.files[one].error(("voice",), problem)
    if crowded:
        enough = f"though nobody has {', '.join(sorted(free))}; delete {FILE} in the data folder, and all are given anew"
        few = "as there are too few; add files to voices/, or make some with `pai-voice voices clone`"
        yield AgentError(f"{len(crowded)} agents that name no voice share one with another, {enough if free else few}")


def voice_advice(lineup: Lineup, settings: Settings) -> Iterator[VoiceFileError]:
    """Warnings about the voices that agents have."""
    agents_of: defaultdict[str, list[str]] = defaultdict(list)
    for one, agent in lineup.found.agents.items():
        agents_of[agent.voice].append(one)
    used = {name: lineup.voices[name] for name in sorted(agents_of) if name in lineup.voices}
    for name, voice in lineup.voices.items():
        if voice.like and voice.like not in lineup.voices:
            hint = did_you_mean(voice.like, sorted(lineup.voices))
            yield VoiceFileError(_file(voice), f"`like`: there is no voice `{voice.like}`.{hint}")
        if name in used and voice.owner is None and (engine := _cloned_by(voice)):
            problem = f"{', '.join(agents_of[name])} speaks as a person who was recorded (engines.{engine}), and nothing says who"
            yield VoiceFileError(_file(voice), f"{problem}; add `owner: {{name: …, consent: …}}`, in their own words")
    for (one, first), (other, second) in combinations(used.items(), 2):
        if (said := _id(first)) and said == _id(second):
            who = f"{agents_of[one][0]} and {agents_of[other][0]}"
            yield VoiceFileError(_file(second), f"{who} have the same voice at ElevenLabs, {said}; give one of them another")
    for one, other, why in near_twins(settings.home, used):
        who = f"{agents_of[one][0]} and {agents_of[other][0]} could be confused: their voices `{one}` and `{other}` {why}"
        yield VoiceFileError(_file(used[other]), f"{who}; change one, and run `pai-voice voices check` again")


def _file(voice: Voice) -> Path:
    """Where it is written; where it only stands in PAI's files, their folder's."""
    folder = next((part.folder for name, part in voice.renderings.items() if name != ENGINE), None)
    return (folder or next((part.folder for part in voice.renderings.values()), SHIPPED)) / f"{voice.id}.yaml"


def _id(voice: Voice) -> object:
    part = voice.renderings.get(ENGINE)
    return part.options.get("voice_id") if part else None


def _cloned_by(voice: Voice) -> str | None:
    """Shipped voices are nobody's, also where an engine takes a clip of them."""
    parts = voice.renderings.items()
    return next((name for name, part in parts if part.options.keys() & OF_A_PERSON and part.folder != SHIPPED), None)
