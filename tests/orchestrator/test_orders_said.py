"""Sixty ways to say something about two works under way, and which each means: after the work spoke, and after an agent did."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.consent import Spoken
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from tests.orchestrator.test_orders import two_works

POST, PLAN = "a blog post", "a house plan"
BOTH: Final = (POST, PLAN)

# What is said, the order and the works that it means after the work spoke last, and after an agent did; "" is none.
SAID: Final[list[tuple[str, str, tuple[str, ...], str]]] = [
    ("Engineer, stop it.", "stop", (POST,), "stop"),
    ("Engineer, stop that please.", "stop", (POST,), "stop"),
    ("Stop it, Engineer.", "stop", (POST,), "stop"),
    ("Architect, cancel that.", "stop", (PLAN,), "stop"),
    ("Engineer, you can stop now.", "stop", (POST,), "stop"),
    ("Engineer, please stop working.", "stop", (POST,), "stop"),
    ("Tell the engineer to stop.", "stop", (POST,), "stop"),
    ("Tell the architect to stop the plan.", "stop", (PLAN,), "stop"),
    ("Stop the blog post.", "stop", (POST,), "stop"),
    ("Stop the post.", "stop", (POST,), "stop"),
    ("Please stop the blog.", "stop", (POST,), "stop"),
    ("Could you cancel the house plan, please?", "stop", (PLAN,), "stop"),
    ("I want to cancel the plan.", "stop", (PLAN,), "stop"),
    ("I want you to stop the plan.", "stop", (PLAN,), "stop"),
    ("I don't need the plan any more.", "stop", (PLAN,), "stop"),
    ("I don't need the blog post anymore.", "stop", (POST,), "stop"),
    ("Stop writing the blog post.", "stop", (POST,), "stop"),
    ("Stop drawing the plan.", "stop", (PLAN,), "stop"),
    ("Kill the blog post.", "stop", (POST,), "stop"),
    ("Never mind the blog post.", "stop", (POST,), "stop"),
    ("Forget the plan.", "stop", (PLAN,), "stop"),
    ("Let's stop the plan.", "stop", (PLAN,), "stop"),
    ("Stop both.", "stop", BOTH, "stop"),
    ("Stop everything.", "stop", BOTH, "stop"),
    ("Cancel both of them.", "stop", BOTH, "stop"),
    ("Stop all the work.", "stop", BOTH, "stop"),
    ("Stop the engineer.", "stop", (POST,), "stop"),
    ("Stop what the engineer is doing.", "stop", (POST,), "stop"),
    ("Cancel the architect's job.", "stop", (PLAN,), "stop"),
    ("Stop it.", "stop", BOTH, ""),
    ("Cancel that.", "stop", BOTH, ""),
    ("Forget it.", "stop", BOTH, ""),
    ("Stop the work.", "stop", BOTH, "stop"),
    ("Stop.", "", (), ""),
    ("Never mind.", "", (), ""),
    ("Stop the server.", "", (), ""),
    ("Stop the press, I have an idea.", "", (), ""),
    ("Don't stop the blog post.", "", (), ""),
    ("Don't stop.", "", (), ""),
    ("When should I stop the blog post?", "", (), ""),
    ("He told me to stop the plan.", "", (), ""),
    ("How do I cancel a plan with my phone company?", "", (), ""),
    ("How far is the plan?", "status", (PLAN,), "status"),
    ("How far is the blog post?", "status", (POST,), "status"),
    ("How's the plan coming along?", "status", (PLAN,), "status"),
    ("Is the blog post done?", "status", (POST,), "status"),
    ("Is the plan ready yet?", "status", (PLAN,), "status"),
    ("What about the blog post?", "status", (POST,), "status"),
    ("How long will the plan take?", "status", (PLAN,), "status"),
    ("Any news on the blog post?", "status", (POST,), "status"),
    ("Engineer, how far are you?", "status", (POST,), "status"),
    ("How far is the engineer?", "status", (POST,), "status"),
    ("How far are both?", "status", BOTH, "status"),
    ("How far are you?", "status", BOTH, "status"),
    ("When will the plan be ready?", "status", (PLAN,), "status"),
    ("What's the status of the house plan?", "status", (PLAN,), "status"),
    ("Is the plan a good idea?", "", (), ""),
    ("No more.", "less", (), ""),
    ("No music.", "music_off", (), "music_off"),
    ("No music please.", "music_off", (), "music_off"),
    ("Please, no more music.", "music_off", (), "music_off"),
    ("Stop the music.", "music_off", (), "music_off"),
    ("Kill the music, Kai.", "music_off", (), "music_off"),
    ("More music.", "", (), ""),
    ("No more details please.", "less", (), ""),
    ("Tell me more.", "more", (), ""),
    ("Be quiet.", "silent", (), ""),
]


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def test_each_means_what_it_says(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with two_works(claude, rehearsal) as call:
        mind = call.call._mind  # pyright: ignore[reportPrivateUsage]
        orders, holding = mind._orders, mind._holding  # pyright: ignore[reportPrivateUsage]
        assert orders is not None
        assert holding is not None
        wrong: list[tuple[str, bool, str, list[str]]] = []
        for text, name, works, after_agent in SAID:
            for told_last in (True, False):
                holding.told_last = told_last
                order = orders.spoken(Spoken(text, 1e6, 1e6 + 1))
                got, titles = (order.name, sorted(one.task.wish.title for one in order.works)) if order else ("", [])
                wanted = name if told_last else after_agent
                if got != wanted or (wanted and titles != sorted(works)):
                    wrong.append((text, told_last, got, titles))
        assert not wrong, "\n".join(map(str, wrong))
