"""What of a run's text is fit to be said."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.speakable import phrase, sentences


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
        ("Fetch https://example.com/a?b=1", "Fetch example dot com"),
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
