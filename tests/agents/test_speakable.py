"""What of a run's text is fit to be said."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.speakable import named, phrase, sentences


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Count the words", "Count the words"),
        ("Run the tests.", "Run the tests"),
        ("Reading /etc/hostname", "Reading hostname"),
        ("Update src/app/main.py and docs/index.md", "Update main and index"),
        (r"Open C:\Users\me\plan.docx now", "Open plan now"),
        ("Look into ~/notes/", "Look into notes"),
        ("Hide .config/.env.", "Hide env"),
        ("3/8 criteria met, yes/no", "3 of 8 criteria met, yes or no"),
        ("Fetch https://example.com/a?b=1", "Fetch example.com"),
        ("**Build** `main`", "Build main"),
        ("Call parse(x)", ""),
        ("Run ls --all", ""),
        ("x = 3", ""),
        ("echo $HOME", ""),
        ("\nFirst line\nsecond line", "First line"),
        ("Bell\x07 and\u202e turned", "Bell and turned"),
        ("🎉", ""),
        ("", ""),
        ("word " * 40, ""),
    ],
)
def test_a_phrase(text: str, said: str) -> None:
    assert phrase(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I found it. It is small. It is fixed.", "I found it. It is small."),
        ("I ran `rm -rf /tmp/x`. All is clean.", "All is clean."),
        ("It is in /srv/app/log.txt. I read it.", "It is in log. I read it."),
        ("Set {a: 1}. Then it works.", "Then it works."),
        ("```python\nx = 1\n```\nThat is the code.", "That is the code."),
        ("━━━ 👁️ OBSERVE ━━━ 1/7\nI look around.", "I look around."),
        ("════ PAI | NATIVE MODE ═══\n🗒️ TASK: the post\n🗣️ Kai: Done now.", "the post Done now."),
    ],
)
def test_first_sentences(text: str, said: str) -> None:
    assert sentences(text, 2) == said


UNSPEAKABLE = re.compile(r"[{}<>|$=^`*\[\]\\/]|https?:|\n")
NASTY = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            ["/etc/passwd", "https://a.b/c?d=e", "`x = 1`", "C:\\a\\b", "~/x/y.z", "..", "[a](b/c)", "a/b", "3/8", "\x07", "\n"]
        ),
        st.sampled_from(
            ["One thing.", "and", "- ", "# ", "> ", "```", "```sh\nls /\n```", "**x**", "f(x)", "--all", "$HOME", "www.a.b/c"]
        ),
    ),
    max_size=12,
).flatmap(lambda parts: st.sampled_from([" ".join(parts), "".join(parts)]))


@given(NASTY)
def test_never_a_path_an_address_code_or_a_control_character(text: str) -> None:
    for said in (phrase(text), sentences(text, 2), sentences(text, 99)):
        assert not UNSPEAKABLE.search(said)
        assert said == " ".join(said.split())
        assert not [character for character in said if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn")]
        assert not said or any(character.isalnum() for character in said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The token is sk-ant-api03-Q7fT2nXk9LpVw.", "The token is a secret."),
        ("Set the password to hunter2", "Set the password to a secret"),
        ("Commit 3f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39 fixes it.", "a commit fixes it."),
        ("I took back the commit 3f2a9c1.", "I took back the commit."),
        ("Log in with ghp_16C7e42F292c6912E7710c838347Ae178B4a", "Log in with a secret"),
        ("Use AKIAIOSFODNN7EXAMPLE", "Use a secret"),
        ("Open 192.168.0.17:8080", "Open an address"),
        ("Delete session 550e8400-e29b-41d4-a716-446655440000", "Delete session an id"),
        ("Write to anna.berg@example.org today.", "Write to a mail address today."),
        ("API_KEY=zz81hd72 has leaked.", "API KEY is a secret has leaked."),
        ("It takes 1 of 8 steps.", "It takes 1 of 8 steps."),
    ],
)
def test_what_is_secret_or_tells_nothing_by_ear_is_said_as_what_it_is(text: str, said: str) -> None:
    assert sentences(named(text), 2) == said
    assert phrase(text) == ("" if named(text) != text else said.rstrip("."))


@given(NASTY)
def test_what_has_been_named_has_no_secret_left(text: str) -> None:
    assert named(named(text)) == named(text)


@pytest.mark.parametrize("text", ['"ok": true, "files": 3', "name,size,date", "The limit is 0x7f"])
def test_data_is_never_said(text: str) -> None:
    assert sentences(text, 9) == ""


def test_a_name_of_code_is_said_in_words() -> None:
    assert sentences("I changed parseConfigFile in GitHub.", 1) == "I changed parse config file in GitHub."
