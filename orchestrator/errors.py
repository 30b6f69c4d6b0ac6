"""What can go wrong in `orchestrator/`, and how each is mended."""

from __future__ import annotations

from typing import ClassVar, Self


class HouseError(Exception):
    """The message is one sentence, `fix` says how it is mended."""

    usual_fix: ClassVar[str] = "correct that and run the command again; `pai-voice doctor` checks everything"

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix or self.usual_fix


class ConfigError(HouseError):
    """A setting is unknown or wrong; nothing starts with it."""


class NoSuchAgent(HouseError):
    """Nobody on the line is called that."""

    usual_fix = "give an id that `pai-voice agents list` shows"


class NoSuchVoice(HouseError):
    """No voice, and no agent with one, is called that."""

    usual_fix = "give an id that `pai-voice voices list` shows"


class NoSuchEngine(HouseError):
    """No voice engine is called that."""

    usual_fix = "give an engine that `pai-voice voices list` shows"


class NotSpoken(HouseError):
    """A voice cannot be heard as it was asked for."""


class NoSuchCall(HouseError):
    """No call, or more than one, has that name."""

    usual_fix = "give the beginning of a name that `pai-voice calls list` shows"


class NoSuchRecording(HouseError):
    """A call has no sound that could be replayed."""

    usual_fix = "replay a call whose folder holds call.wav, as each call that was answered does"


class CannotReplay(HouseError):
    """A call cannot be replayed here."""


class NoSuchTask(HouseError):
    """No task, or more than one, has that name."""

    usual_fix = "give the beginning of an id that `pai-voice tasks list` shows"


class CannotTell(HouseError):
    """A task cannot be told that any more."""

    usual_fix = "`pai-voice tasks show` tells how it ended"


class TasksUnreachable(HouseError):
    """The place where long work is kept cannot be used."""

    usual_fix = "see that `tasks.database` is right and runs, and that `home` can be written to"

    @classmethod
    def of(cls, failure: Exception) -> Self:
        """In the database's own words, of which the first line says what is wrong."""
        why = str(getattr(failure, "orig", failure)).splitlines()[0]
        return cls(f"the database of long work cannot be used: {why}")


class NotWritten(HouseError):
    """Files that were asked for cannot be made."""


class NotScripted(HouseError):
    """Claude is scripted, and was asked what nobody scripted."""

    usual_fix = "script that answer, or leave --script out and talk to Claude itself"


class NoEmulator(HouseError):
    """No emulated telephone network is at that address."""


class NothingToSay(HouseError):
    """A caller that is made has no number, words or keys that could be."""


class NoSound(HouseError):
    """This machine's microphone or loudspeaker cannot be used."""

    usual_fix = "see that a sound device is there, or leave --speak and --microphone out and type"


class DemoBroke(HouseError):
    """A call of the demonstration did not go as planned."""

    usual_fix = "try again when this machine is less busy"


class JournalUnreadable(HouseError):
    """A call's journal is not what we write."""

    usual_fix = "move that call's folder away, if it was not meant to be edited"


class MusicUnavailable(HouseError):
    """A source of music has none; another one plays."""

    usual_fix = "mend that, or set music in [hold] to composed or off"


class SpeechServerMissing(HouseError):
    """The speech server's own environment is not there."""
