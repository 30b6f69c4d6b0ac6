"""What can go wrong in `orchestrator/`, and how each is mended.

HouseError
├── ConfigError          a setting is unknown or wrong; nothing starts with it
├── NoSuchAgent          nobody on the line is called that
├── NoSuchVoice          no voice, and no agent with one, is called that
├── NoSuchEngine         no voice engine is called that
├── NotSpoken            a voice cannot be heard as it was asked for
├── NoSuchCall           no call, or more than one, has that name
├── NoSuchRecording      a call has no sound that could be replayed
├── CannotReplay         a call cannot be replayed here
├── NoSuchTask           no task, or more than one, has that name
├── CannotTell           a task cannot be told that any more
├── TasksUnreachable     the place where long work is kept cannot be used
├── NotWritten           files that were asked for cannot be made
├── NoEmulator           no emulated telephone network is at that address
├── NothingToSay         a caller that is made has no number, words or keys that could be
├── NoSound              this machine's microphone or loudspeaker cannot be used
├── DemoBroke            a call of the demonstration did not go as planned
├── NotScripted          Claude is scripted, and was asked what nobody scripted
├── JournalUnreadable    a call's journal is not what we write
├── SpeechServerMissing  the speech server's own environment is not there
└── MusicUnavailable     a source of music has none; another one plays
"""

from __future__ import annotations

from typing import ClassVar, Self


class HouseError(Exception):
    """`code` names it, the message is one sentence, `fix` says how it is mended, `retryable` whether trying again may help."""

    code: ClassVar[str] = "house_failed"
    retryable: ClassVar[bool] = False
    usual_fix: ClassVar[str] = "correct that and run the command again; `pai-voice doctor` checks everything"

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix or self.usual_fix


class ConfigError(HouseError):
    code = "config"


class NoSuchAgent(HouseError):
    code = "no_such_agent"
    usual_fix = "give an id that `pai-voice agents list` shows"


class NoSuchVoice(HouseError):
    code = "no_such_voice"
    usual_fix = "give an id that `pai-voice voices list` shows"


class NoSuchEngine(HouseError):
    code = "no_such_engine"
    usual_fix = "give an engine that `pai-voice voices list` shows"


class NotSpoken(HouseError):
    code = "not_spoken"


class NoSuchCall(HouseError):
    code = "no_such_call"
    usual_fix = "give the beginning of a name that `pai-voice calls list` shows"


class NoSuchRecording(HouseError):
    code = "no_such_recording"
    usual_fix = "replay a call whose folder holds call.wav, as each call that was answered does"


class CannotReplay(HouseError):
    code = "cannot_replay"


class NoSuchTask(HouseError):
    code = "no_such_task"
    usual_fix = "give the beginning of an id that `pai-voice tasks list` shows"


class CannotTell(HouseError):
    code = "cannot_tell"
    usual_fix = "`pai-voice tasks show` tells how it ended"


class TasksUnreachable(HouseError):
    code = "tasks_unreachable"
    retryable = True
    usual_fix = "see that `tasks.database` is right and runs, and that `home` can be written to"

    @classmethod
    def of(cls, failure: Exception) -> Self:
        """In the database's own words, of which the first line says what is wrong."""
        why = str(getattr(failure, "orig", failure)).splitlines()[0]
        return cls(f"the database of long work cannot be used: {why}")


class NotWritten(HouseError):
    code = "not_written"


class NotScripted(HouseError):
    code = "not_scripted"
    usual_fix = "script that answer, or leave --script out and talk to Claude itself"


class NoEmulator(HouseError):
    code = "no_emulator"


class NothingToSay(HouseError):
    code = "nothing_to_say"


class NoSound(HouseError):
    code = "no_sound"
    usual_fix = "see that a sound device is there, or leave --speak and --microphone out and type"


class DemoBroke(HouseError):
    code = "demo_broke"
    retryable = True
    usual_fix = "try again when this machine is less busy"


class JournalUnreadable(HouseError):
    code = "journal_unreadable"
    usual_fix = "move that call's folder away, if it was not meant to be edited"


class MusicUnavailable(HouseError):
    code = "music_unavailable"
    usual_fix = "mend that, or set music in [hold] to composed or off"


class SpeechServerMissing(HouseError):
    code = "speech_server_missing"
