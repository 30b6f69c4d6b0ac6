"""The mixer: what is heard is what was meant, also after it was taken back."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.mixer import Clip, ClipHeard, ClipStarted, EarconHeard, Mixer
from voices.audio import FRAME_S, RATE, level_dbfs, samples, to_pcm
from voices.synthesis import Mark

LEAD_S = 0.16
WORDS = "one two three, four five six."


def tone(seconds: float) -> bytes:
    return to_pcm(5_000 * np.sin(2 * np.pi * 300 * np.arange(int(seconds * RATE)) / RATE))


def clip(seconds: float = 1.2, text: str = WORDS, **more: object) -> Clip:
    starts = [at for at in range(len(text)) if at == 0 or text[at - 1] == " "]
    made = Clip(1, "kai", "kai", text, pcm=bytearray(tone(seconds)), complete=True, **more)  # pyright: ignore[reportArgumentType]
    made.marks = [Mark(char, seconds * number / len(starts)) for number, char in enumerate(starts)]
    return made


class Listener:
    """A caller at the other end of a perfect line."""

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self.now_s = 0.0
        self.sent: list[tuple[float, bytes]] = []
        self.facts: list[ClipStarted | ClipHeard | EarconHeard] = []

    def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s - 1e-9:
            self.fill()
            self.now_s = round(self.now_s + FRAME_S, 6)
            self.facts += self.mixer.settle(self.now_s)

    def fill(self) -> None:
        while self.next_s - (LEAD_S if self.mixer.flowing else 0.0) <= self.now_s + 1e-9:
            at_s = self.next_s
            frame = self.mixer.next()
            self.mixer.sent(at_s)
            self.sent.append((at_s, frame))

    @property
    def next_s(self) -> float:
        return max(self.now_s, round(self.sent[-1][0] + FRAME_S, 6) if self.sent else 0.0)

    def cut(self) -> None:
        self.sent = [(at_s, frame) for at_s, frame in self.sent if at_s < self.now_s]

    def heard(self, from_s: float, to_s: float) -> bytes:
        return b"".join(frame for at_s, frame in self.sent if from_s - 1e-9 <= at_s < to_s - 1e-9)


def test_silence_is_never_dead() -> None:
    caller = Listener(Mixer())
    caller.run(1.0)
    assert -70 < level_dbfs(caller.heard(0, 1)) < -64
    assert all(any(frame) for _, frame in caller.sent)


def test_clips_follow_one_another_with_their_gaps() -> None:
    mixer = Mixer()
    caller = Listener(mixer)
    mixer.add(clip(0.5))
    mixer.add(clip(0.5, gap_s=0.2))
    caller.run(2.0)
    first, second = [fact for fact in caller.facts if isinstance(fact, ClipHeard)]
    assert (first.from_s, first.to_s) == (pytest.approx(0, abs=0.021), pytest.approx(0.5, abs=0.021))
    assert second.from_s - first.to_s == pytest.approx(0.2, abs=0.021)
    assert first.text == WORDS
    assert mixer.idle


def test_a_voice_flows_from_when_its_first_frame_is_there() -> None:
    mixer = Mixer()
    assert not mixer.flowing
    mixer.add(clip())
    assert mixer.flowing
    growing = Clip(1, "kai", "kai", "late")
    other = Mixer()
    other.add(growing)
    assert not other.flowing  # nothing is there yet


def test_hold_fades_within_60_ms_and_says_which_words_were_heard() -> None:
    mixer = Mixer()
    caller = Listener(mixer)
    mixer.add(clip())
    caller.run(0.5)
    caller.cut()
    heard = mixer.hold(caller.now_s)
    assert heard is not None
    assert heard.text == "one two"
    assert heard.interrupted
    caller.run(1.0)
    assert level_dbfs(caller.heard(0.44, 0.5)) > -20
    assert level_dbfs(caller.heard(0.56, 1.5)) < -60
    steps = np.abs(np.diff(samples(caller.heard(0.4, 0.6)).astype(int)))
    assert steps.max() < 700  # a 300 Hz tone of 5,000 moves by 590 a sample at most: no click on top


def test_resume_goes_on_from_the_phrase_that_was_cut() -> None:
    mixer = Mixer()
    caller = Listener(mixer)
    mixer.add(clip())
    caller.run(0.9)
    caller.cut()
    held = mixer.hold(caller.now_s)
    assert held is not None
    assert held.text == "one two three, four"
    caller.run(0.5)
    mixer.resume()
    caller.run(2.0)
    rest = caller.facts[-1]
    assert isinstance(rest, ClipHeard)
    assert rest.text == "four five six."
    assert rest.from_s == pytest.approx(1.4, abs=0.03)
    assert rest.to_s - rest.from_s == pytest.approx(0.6, abs=0.03)


def test_duck_is_12_db_and_at_once() -> None:
    mixer = Mixer()
    caller = Listener(mixer)
    mixer.add(clip(2.0))
    caller.run(0.5)
    caller.cut()
    mixer.duck(caller.now_s)
    caller.run(0.5)
    assert level_dbfs(caller.heard(0.3, 0.5)) - level_dbfs(caller.heard(0.56, 1.0)) == pytest.approx(12, abs=0.3)
    caller.cut()
    mixer.duck(caller.now_s, on=False)
    caller.run(0.5)
    assert level_dbfs(caller.heard(1.06, 1.4)) == pytest.approx(level_dbfs(caller.heard(0.3, 0.5)), abs=0.2)


def test_nothing_is_lost_or_doubled_when_sound_is_taken_back() -> None:
    mixer = Mixer()
    caller = Listener(mixer)
    mixer.add(clip(0.3))
    mixer.add(clip(0.3, gap_s=0.1))
    for _ in range(9):
        caller.run(0.1)
        caller.cut()
        mixer.duck(caller.now_s, on=False)
    heard = [fact for fact in caller.facts if isinstance(fact, ClipHeard)]
    assert [fact.text for fact in heard] == [WORDS, WORDS]
    assert heard[0].to_s == pytest.approx(0.3, abs=0.021)
    assert heard[1].to_s == pytest.approx(0.7, abs=0.021)


def test_a_guess_is_not_heard_until_it_is_released() -> None:
    mixer = Mixer()
    caller = Listener(mixer)
    mixer.add(clip(0.2, released=False))
    caller.run(0.5)
    assert level_dbfs(caller.heard(0, 0.5)) < -60
    filler = clip(0.2, text="Let me see.", aside=True)
    mixer.add(filler, first=True)
    caller.run(0.3)
    mixer.release(1)
    caller.run(0.5)
    assert [fact.text for fact in caller.facts if isinstance(fact, ClipHeard)] == ["Let me see.", WORDS]


def test_discard_forgets_only_the_guess() -> None:
    mixer = Mixer()
    mixer.add(clip(0.2))
    mixer.add(clip(0.2, released=False))
    mixer.discard(1)
    assert mixer.backlog == 1


def test_what_is_no_longer_so_when_it_would_begin_is_never_heard() -> None:
    mixer = Mixer()
    listener = Listener(mixer)
    stands = [True, False, True]
    for number, so in enumerate(stands):
        made = clip(0.4, f"line {number}")
        made.stands = lambda so=so: so
        mixer.add(made)
    listener.run(2.0)
    assert [fact.clip.text for fact in listener.facts if isinstance(fact, ClipStarted)] == ["line 0", "line 2"]
    assert mixer.idle
