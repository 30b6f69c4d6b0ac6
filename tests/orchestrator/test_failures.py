"""What is said of what went wrong."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from agents.errors import AgentError, FileError
from orchestrator.errors import ConfigError, NoSuchCall
from orchestrator.failures import BUG, PORT, failures
from telephony.line import NotAnswered
from voices.audio import AudioError
from voices.recognition import RecognizerUnavailable
from voices.synthesis import UnknownVoice
from voices.vad import VadUnavailable
from voices.voice import VoiceFileError


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (ConfigError("nobody may call", "list your number"), "list your number"),
        (NoSuchCall("none"), "`pai-voice calls list`"),
        (FileError(Path("agents/kai.yaml"), "bad", line=7, column=3), "edit agents/kai.yaml, line 7"),
        (FileError(Path("nobody.yaml"), "cannot be read"), "give the path of a file"),
        (AgentError("there are no agents"), "correct that"),
        (VoiceFileError(Path("kai.yaml"), "bad", line=3), "edit kai.yaml, line 3"),
        (RecognizerUnavailable("none"), "install what is missing"),
        (UnknownVoice("none"), "install what is missing"),
        (VadUnavailable("none"), "install what is missing"),
        (AudioError("no wav"), "give a PCM wav"),
        (NotAnswered("nobody"), "the other end runs"),
    ],
)
def test_each_error_of_ours_has_its_sentence_and_its_fix(error: Exception, fix: str) -> None:
    (failure,) = failures(error)
    assert failure.what == str(error)
    assert fix in failure.fix


@pytest.mark.parametrize(
    ("error", "what", "fix"),
    [
        (OSError(errno.EADDRINUSE, "127.0.0.1:1 cannot be had"), "127.0.0.1:1 cannot be had", PORT),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x"),
            "/x: you have no right to it; change its rights",
            "the rights to it",
        ),
        (OSError("no space"), "no space", "the rights to it"),
    ],
)
def test_what_the_system_says_has_no_number(error: OSError, what: str, fix: str) -> None:
    (failure,) = failures(error)
    assert failure.what == what
    assert fix in failure.fix


def test_what_should_not_happen_is_told_with_its_place() -> None:
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        (failure,) = failures(error)
    assert failure.what.startswith("ZeroDivisionError at test_failures.py:")
    assert failure.what.endswith(": by zero")
    assert failure.fix == BUG


def test_of_a_group_each_different_failure_is_told_once() -> None:
    inner = ExceptionGroup("", [NotAnswered("nobody"), ConfigError("wrong", "right it")])
    assert [what for what, _ in failures(ExceptionGroup("", [NotAnswered("nobody"), inner]))] == ["nobody", "wrong"]
