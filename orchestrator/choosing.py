"""Who answers, where no name and no rule says: Claude is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import anyio

from agents import tools
from agents.brain import Utterance
from agents.errors import BrainError, Slow
from orchestrator.events import Repaired
from orchestrator.meter import money, unanswered
from orchestrator.minds import Minds
from orchestrator.reply import Reply
from orchestrator.router import Route, Speaker

ROUTE_S: Final = 2.5  # then whoever has the floor answers
ROUTER_THREAD: Final = 8  # utterances that the router is shown: who spoke last and about what


async def chosen(minds: Minds, reply: Reply, thread: Sequence[Utterance], floor: str) -> Route:
    """By the talk, with what was said last; whoever has the floor, where Claude fails or is late. Its cost is told to `reply`."""
    thread = thread[-ROUTER_THREAD - 1 :]
    tool = tools.route(minds.roster.agents)
    asked = unanswered(minds.router_model, f"{minds.router_system}{tool.rendered()}", thread, reply.turn)
    try:
        choice = await minds.brain.choose(minds.router_system, thread, tool, model=minds.router_model, timeout_s=ROUTE_S)
    except BrainError as error:
        reply.failed("router", error)
        if isinstance(error, Slow):
            reply.tell(asked)
        return Route((Speaker(floor),), "floor")
    except anyio.get_cancelled_exc_class():  # the caller went on
        reply.tell(asked)
        raise
    if choice.repaired:
        reply.tell(Repaired(turn=reply.turn, where="router", what="input"))
    reply.tell(money(choice.spent, reply.turn, "router"))
    return minds.router.read(choice.input, floor)
