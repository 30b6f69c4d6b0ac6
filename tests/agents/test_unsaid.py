"""What a model writes for itself is never said, however it is written and torn; what only looks like it is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.spoken import Sentences, pieces
from agents.unsaid import Unsaid

SECRET = "grumble"
NAMES = (
    "thinking", "think", "Thought", "REASONING", "scratchpad", "function_calls", "tool_call", "antml:thinking", "result",
    "system",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<thinking>The caller seems slow.</thinking>Hello there, it is noon.", "Hello there, it is noon."),
        ("<THINKING>\n```\nx\n</THINKING>\n\nHi.", "Hi."),
        ("<thinking>a<thinking>b</thinking>c</thinking>Hello.", "Hello."),
        ("<thinking>I could use <result> here.</thinking>Hello.", "Hello."),
        ("Hello. <thinking>and never", "Hello."),
        ("Well<think>x</think>then we go.", "Well then we go."),
        ('<function_calls><invoke name="x"><parameter name="y">v</parameter></invoke></function_calls>Done.', "Done."),
        ("<result>42</result>It is forty two.", "It is forty two."),
        ("[thinking]hm[/thinking]Yes, sure.", "Yes, sure."),
        ("[thinking] hm", ""),
        ("< thinking >no</ thinking >Yes.", "Yes."),
        ('<thinking budget="3">no</thinking>Yes.', "Yes."),
        ("<thinking/>Yes.", "Yes."),
        ("＜thinking＞no＜/thinking＞Yes.", "Yes."),
        ("<think\u200bing>no</thin\u00adking>Yes.", "Yes."),
        ("</thinking>Yes.", "Yes."),
        ("&lt;thinking&gt;no&lt;/thinking&gt;Yes.", "Yes."),
        ("&LT;thinking&#62;no&#x3C;/thinking&gt;Yes.", "Yes."),
        ("If a &lt; b && c, &it stops.", "If a < b && c, &it stops."),
        ("Yes. <thin", "Yes."),
        ("<…> Fine.", "Fine."),
        ("<answer>It is noon.</answer>", "It is noon."),
        ("<!-- They are slow. Very. -->Hello.", "Hello."),
        ("<|im_start|>Hello.<|im_end|>", "Hello."),
        ("Write to <anna@example.com> please.", "Write to anna@example.com please."),
        ("If a < b and c > d then stop.", "If a < b and c > d then stop."),
        ("A List<int> and a Promise<Result>.", "A List<int> and a Promise<Result>."),
        ("See [thinking](http://a.b) there.", "See thinking there."),
        ("Use `<thinking>` tags in it.", "Use <thinking> tags in it."),
        ("Type git push <name> now.", "Type git push <name> now."),
        ("```py\n<thinking>\n```\nAfter.", "After."),
        ("Is x < 5?", "Is x < 5?"),
    ],
)
def test_thoughts_are_not_said_and_all_else_is(text: str, said: str) -> None:
    assert " ".join(pieces(text)) == said


@given(
    name=st.sampled_from(NAMES),
    bracket=st.sampled_from(("<>", "[]")),
    inner=st.text(alphabet="ab .\n#*`-<>[]", max_size=30),
    cuts=st.lists(st.integers(0, 200), max_size=8),
    closed=st.booleans(),
    before=st.sampled_from(("", "Well. ", "# A title\n", "- an item ")),
)
def test_what_stands_in_a_thought_is_in_no_piece(
    name: str, bracket: str, inner: str, cuts: list[int], *, closed: bool, before: str
) -> None:
    opens, closes = bracket
    if bracket == "[]" and name in ("result", "system"):
        return  # in such brackets they are words
    text = f"{before}{opens}{name}{closes}{SECRET} {inner} {SECRET}"
    text += f"{opens}/{name}{closes}Fine then." if closed else ""
    ears, said, at = Sentences(), list[str](), 0
    for cut in sorted({min(cut, len(text)) for cut in cuts} | {len(text)}):
        said += ears.push(text[at:cut]) + ears.settle()
        at = cut
    said += ears.finish()
    assert not any(SECRET in piece for piece in said)
    if closed and not set("<>[]") & set(inner):
        assert said[-1].endswith("Fine then.")


@given(st.lists(st.sampled_from([*"ab <>/[]thinkrsul:!-|=`\n&", "&lt;", "&gt;", "&#6"]), max_size=60).map("".join))
def test_how_it_is_torn_changes_nothing(text: str) -> None:
    one = Sentences()
    torn = [piece for character in text for piece in one.push(character)] + one.finish()
    assert torn == _whole(text)


def _whole(text: str) -> list[str]:
    ears = Sentences()
    return ears.push(text) + ears.finish()


@given(st.text(alphabet=st.characters(blacklist_characters="<[&", blacklist_categories=("Cs",)), max_size=80))
def test_text_without_an_opening_bracket_passes_unchanged(text: str) -> None:
    unsaid = Unsaid()
    assert "".join(map(unsaid.take, text)) + unsaid.finish() == text


@given(
    st.lists(
        st.sampled_from(("a", "<", ">", "[", "]", "/", "thinking", "result", "int", " ", "<think>", "</think>")), max_size=40
    )
)
def test_nothing_is_made_up(parts: list[str]) -> None:
    text, unsaid = "".join(parts), Unsaid()
    shown = "".join(map(unsaid.take, text)) + unsaid.finish()
    left = iter(text)
    assert all(character.isspace() or character in left for character in shown)
    assert not re.search(r"<think>", shown)
