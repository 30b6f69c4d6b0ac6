"""What can go wrong in `agents/`.

AgentError
├── FileError            a YAML or prompt file cannot be used: where, why, and the fix
├── ToolError            a tool could not be used; the sentence goes back to Claude, not to the caller
├── Unusable             a tool that others bring cannot be given to Claude: why, and the fix where there is one
├── WorkError            long work ended unfinished; `prompts/lines.yaml` has a spoken line for each code
│   ├── NotInstalled     there is no claude command line
│   ├── NotLoggedIn      it has no key and no login
│   ├── NoSandbox        `pai.sandbox` is "required", and none works here
│   ├── OutOfTime        `task.max_minutes` are over
│   ├── OutOfMoney       `task.max_usd` is spent
│   ├── OutOfTurns       it went on for too many steps
│   ├── OverBudget       it was to go on after a break, and the day's money was spent
│   ├── Stopped          the caller stopped it
│   └── Crashed          the command line failed, or its end was never told
└── BrainError           an agent's turn failed; `prompts/lines.yaml` has a spoken line for each code
    ├── Overloaded       Claude has too much to do (529)
    ├── RateLimited      we asked too often (429)
    ├── ServerFailed     Claude's own failure (5xx)
    ├── Unreachable      no connection
    ├── Slow             no first token in time
    ├── Stalled          it began, then nothing came for too long
    ├── BrokenOff        the stream ended before the answer did, or was no answer
    ├── Refused          Claude declines to answer
    ├── Unheard          twice it gave an answer with nothing in it to be heard
    ├── Truncated        the answer reached its token limit; what was said stands
    ├── Unauthorised     our key is not accepted
    ├── NoKey            there is none
    ├── OutOfCredit      the account cannot pay
    └── BadRequest       we asked for something that does not exist
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Final, Self


class AgentError(Exception):
    """`code` names it, the message is one sentence, `retryable` says whether trying again may help."""

    code: ClassVar[str] = "agent_failed"
    retryable: ClassVar[bool] = False


NO_FOLDER: Final = "is no folder; name the folder that holds the files"


class FileError(AgentError):
    """Reads `file:line:column: problem and fix`."""

    code = "agent_file"

    def __init__(self, path: Path, problem: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(f"{path}:{line}:{column}: {problem}")
        self.path, self.problem, self.line, self.column = path, problem, line, column
        self.others: tuple[FileError, ...] = ()
        """What else is wrong with the file."""

    def with_others(self, others: Iterable[FileError]) -> Self:
        self.others = tuple(others)
        return self


class ToolError(AgentError):
    code = "tool_failed"


class WorkError(AgentError):
    code = "work_failed"
    says: ClassVar[str] = "The work failed."

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.says} {detail[:300]}".rstrip())


class NotInstalled(WorkError):
    code = "work_not_installed"
    says = "There is no claude command line; install `pai-voice[pai]`, or put `claude` on the PATH."


class NotLoggedIn(WorkError):
    code = "work_not_logged_in"
    says = "The claude command line has no key and no login; run `claude` once, or set `pai.auth`."


class NoSandbox(WorkError):
    code = "work_no_sandbox"
    says = "Work may only be done in a sandbox, and none works here."


class OutOfTime(WorkError):
    code = "work_out_of_time"
    says = "The work reached the agent's `task.max_minutes`."


class OutOfMoney(WorkError):
    code = "work_out_of_money"
    says = "The work reached the agent's `task.max_usd`."


class OutOfTurns(WorkError):
    code = "work_out_of_turns"
    says = "The work took more steps than it may."


class OverBudget(WorkError):
    code = "work_over_budget"
    says = "The day's budget was spent before the work could go on."


class Stopped(WorkError):
    code = "work_stopped"
    says = "The caller stopped the work."


class Crashed(WorkError):
    code = "work_crashed"
    retryable = True
    says = "The claude command line broke off."


CODES: Final = {error.code: error for error in WorkError.__subclasses__()}
"""How work can end unfinished, by its codes."""


class Unusable(AgentError):
    code = "tool_unusable"


class BrainError(AgentError):
    code = "claude_failed"
    says: ClassVar[str] = "Claude failed."

    def __init__(self, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{self.says} {detail[:300]}".rstrip())
        self.retry_after_s = retry_after_s


class Overloaded(BrainError):
    code = "claude_overloaded"
    retryable = True
    says = "Claude is overloaded."


class RateLimited(BrainError):
    code = "claude_rate_limited"
    retryable = True
    says = "Claude's rate limit is reached."


class ServerFailed(BrainError):
    code = "claude_server_failed"
    retryable = True
    says = "Claude had an internal failure."


class Unreachable(BrainError):
    code = "claude_unreachable"
    retryable = True
    says = "Claude cannot be reached; check the network and `base_url`."


class Slow(BrainError):
    code = "claude_slow"
    retryable = True
    says = "Claude did not begin to answer in time."


class Stalled(BrainError):
    code = "claude_stalled"
    retryable = True
    says = "Claude stopped in mid-answer."


class BrokenOff(BrainError):
    code = "claude_broken_off"
    retryable = True
    says = "Claude's answer broke off."


class Refused(BrainError):
    code = "claude_refused"
    says = "Claude declined to answer."


class Unheard(BrainError):
    code = "claude_unheard"
    says = "Claude's answer left nothing to be heard."


class Truncated(BrainError):
    code = "claude_truncated"
    says = "The answer reached the agent's `model.max_tokens`."


class Unauthorised(BrainError):
    code = "claude_unauthorised"
    says = "Claude does not accept our key; set ANTHROPIC_API_KEY."


class NoKey(BrainError):
    code = "claude_no_key"
    says = "No key to Claude is set; set ANTHROPIC_API_KEY."


class OutOfCredit(BrainError):
    code = "claude_out_of_credit"
    says = "The Claude account has no credit left."


class BadRequest(BrainError):
    code = "claude_bad_request"
    says = "Claude does not understand our request; is the agent's `model.id` right?"
