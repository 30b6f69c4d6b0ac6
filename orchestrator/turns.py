"""Whose turn it is. Everything that changes the state of a conversation stands in this one table.

Theory. At any moment the call is in one of these states:

  listening   nobody of ours speaks. The caller may be speaking; at each pause an answer is guessed (thought and synthesised,
              never heard), and dropped if the caller goes on.
  thinking    the caller's turn is over and its answer has not sounded yet.
  speaking    the caller hears us.
  yielded     the caller began to speak while we spoke or were about to: our speech is held where it was cut. It is not known
              yet whether this was a bid for the floor.
  judging     as yielded, and the caller has stopped: only the recogniser's word is missing. The end of what is said meanwhile is
              told when the word is there, as an interruption of whatever came of it.
  closing     the farewell is being heard, and then the call ends; a key ends it at once. Words take it back: what is said to it
              is judged as any interruption is, unless the call ends for a limit or a lock.

What happens is one of the facts below; each (state, fact) that means something has a line in the table, with the next state and
the acts to perform, in order. A pair that is not there changes nothing.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Final


class State(StrEnum):
    LISTENING = auto()
    THINKING = auto()
    SPEAKING = auto()
    YIELDED = auto()
    JUDGING = auto()
    CLOSING = auto()


class Sign(StrEnum):
    """What the ear, the mind and the mouth report."""

    SPEECH_BEGAN = auto()
    SPEECH_NOTICED = auto()  # long enough to lower our voice
    SPEECH_INSISTS = auto()  # long enough to stop
    SPEECH_PAUSED = auto()
    SPEECH_RESUMED = auto()
    SPEECH_ENDED = auto()
    SPEECH_BRIEF = auto()  # it was too short to be words, or it was our own echo
    KEY = auto()
    KEYED = auto()  # an entry of keys is complete: that is a turn too
    WORDS = auto()  # the recogniser heard a sentence
    NO_WORDS = auto()  # nothing, or only a backchannel
    AUDIBLE = auto()  # the answer's first sound is heard
    DONE = auto()  # the answer has been heard to its end, or there is none
    FAREWELL = auto()  # what is being said now is the last


class Act(StrEnum):
    """What the call does about it."""

    LISTEN = auto()  # open the recogniser for this segment
    DUCK = auto()
    UNDUCK = auto()
    HOLD = auto()  # stop speaking, keep what is left
    RESUME = auto()  # go on from the phrase that was cut
    GUESS = auto()  # recognise, route and answer on speculation
    FORGET = auto()  # drop the guess
    COMMIT = auto()  # the guess is the answer: let it be heard
    ENTER = auto()  # what was keyed in is the caller's turn
    DROP = auto()  # drop the old answer; history keeps what was heard
    FINISH = auto()  # the answer is over
    HANG_UP = auto()


_S, _F, _A = State, Sign, Act

TABLE: Final[dict[tuple[State, Sign], tuple[State, tuple[Act, ...]]]] = {
    (_S.LISTENING, _F.SPEECH_BEGAN): (_S.LISTENING, (_A.LISTEN,)),
    (_S.LISTENING, _F.SPEECH_PAUSED): (_S.LISTENING, (_A.DROP, _A.GUESS)),  # a prompt that has not sounded yet came too late
    (_S.LISTENING, _F.SPEECH_RESUMED): (_S.LISTENING, (_A.FORGET,)),
    (_S.LISTENING, _F.SPEECH_ENDED): (_S.THINKING, (_A.COMMIT,)),
    (_S.LISTENING, _F.KEYED): (_S.THINKING, (_A.FORGET, _A.DROP, _A.ENTER)),
    (_S.LISTENING, _F.NO_WORDS): (_S.LISTENING, (_A.FORGET,)),
    (_S.LISTENING, _F.AUDIBLE): (_S.SPEAKING, ()),
    (_S.LISTENING, _F.DONE): (_S.LISTENING, (_A.FINISH,)),
    (_S.THINKING, _F.AUDIBLE): (_S.SPEAKING, ()),
    (_S.THINKING, _F.DONE): (_S.LISTENING, (_A.FINISH,)),
    (_S.THINKING, _F.NO_WORDS): (_S.LISTENING, (_A.FORGET,)),
    (_S.THINKING, _F.SPEECH_BEGAN): (_S.THINKING, (_A.LISTEN,)),
    (_S.THINKING, _F.SPEECH_INSISTS): (_S.YIELDED, (_A.HOLD,)),
    (_S.THINKING, _F.KEY): (_S.LISTENING, (_A.HOLD, _A.DROP)),
    (_S.SPEAKING, _F.SPEECH_BEGAN): (_S.SPEAKING, (_A.LISTEN,)),
    (_S.SPEAKING, _F.SPEECH_NOTICED): (_S.SPEAKING, (_A.DUCK,)),
    (_S.SPEAKING, _F.SPEECH_INSISTS): (_S.YIELDED, (_A.HOLD,)),
    (_S.SPEAKING, _F.SPEECH_BRIEF): (_S.SPEAKING, (_A.UNDUCK,)),
    (_S.SPEAKING, _F.SPEECH_ENDED): (_S.SPEAKING, (_A.UNDUCK,)),
    (_S.SPEAKING, _F.KEY): (_S.LISTENING, (_A.HOLD, _A.DROP)),
    (_S.SPEAKING, _F.DONE): (_S.LISTENING, (_A.UNDUCK, _A.FINISH)),
    (_S.YIELDED, _F.SPEECH_PAUSED): (_S.YIELDED, (_A.GUESS,)),
    (_S.YIELDED, _F.SPEECH_RESUMED): (_S.YIELDED, (_A.FORGET,)),
    (_S.YIELDED, _F.SPEECH_ENDED): (_S.JUDGING, (_A.COMMIT,)),
    (_S.YIELDED, _F.SPEECH_BRIEF): (_S.SPEAKING, (_A.FORGET, _A.RESUME)),
    (_S.YIELDED, _F.WORDS): (_S.LISTENING, (_A.DROP,)),
    (_S.YIELDED, _F.NO_WORDS): (_S.SPEAKING, (_A.FORGET, _A.RESUME)),
    (_S.YIELDED, _F.KEY): (_S.LISTENING, (_A.DROP,)),
    (_S.JUDGING, _F.SPEECH_BEGAN): (_S.JUDGING, (_A.LISTEN,)),
    (_S.JUDGING, _F.WORDS): (_S.THINKING, (_A.DROP,)),
    (_S.JUDGING, _F.NO_WORDS): (_S.SPEAKING, (_A.FORGET, _A.RESUME)),
    (_S.JUDGING, _F.KEY): (_S.LISTENING, (_A.FORGET, _A.DROP)),
    (_S.CLOSING, _F.KEY): (_S.CLOSING, (_A.FINISH, _A.HANG_UP)),
    (_S.CLOSING, _F.SPEECH_BEGAN): (_S.CLOSING, (_A.LISTEN,)),
    (_S.CLOSING, _F.SPEECH_NOTICED): (_S.CLOSING, (_A.DUCK,)),
    (_S.CLOSING, _F.SPEECH_INSISTS): (_S.YIELDED, (_A.HOLD,)),
    (_S.CLOSING, _F.SPEECH_BRIEF): (_S.CLOSING, (_A.UNDUCK,)),
    (_S.CLOSING, _F.SPEECH_ENDED): (_S.CLOSING, (_A.UNDUCK,)),
    (_S.CLOSING, _F.DONE): (_S.CLOSING, (_A.FINISH, _A.HANG_UP)),
    **{(state, _F.FAREWELL): (_S.CLOSING, ()) for state in (_S.LISTENING, _S.THINKING, _S.SPEAKING)},
}


def step(state: State, sign: Sign) -> tuple[State, tuple[Act, ...]] | None:
    """The next state, and the acts that get there; None when the sign means nothing in this state."""
    return TABLE.get((state, sign))
