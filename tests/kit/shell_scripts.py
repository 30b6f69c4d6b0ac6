"""Shell scripts made at random, and what bash really runs of them, to hold against what is said of them.

Nothing is done: there are no programs on the PATH, so each one that bash looks for is only written down.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from hypothesis import strategies as st

from agents.commands import Commands
from agents.definition import Agent
from agents.permission import WorkWords
from agents.places import Places
from agents.secrets import A_SECRET, masked

BASH: Final = which("bash")
_PATIENCE_S: Final = 3  # then it loops, and what it did so far is looked at
_PRELUDE: Final = """
command_not_found_handle() {
  printf '%s\\0' "$PWD" "$@" $'\\1' >> "$RAN"
  case "$1" in bash|sh|ash|dash|ksh) "$BASH" --norc --noprofile "${@:2}"; return;; esac
  return "$ENDS"
}
export -f command_not_found_handle
trap wait EXIT
"""
_PROGRAMS: Final = (
    "rm", "rm -rf", "cp", "mv", "git push", "tool", "tool2 -x", "curl", "echo", "cat", "ls", "tee", "touch", "true", "false",
    "ln -s", "install", "dd", "truncate", "crontab", "at", "printf %s", "git -c core.pager=tool7 log",
    "git -c alias.x=!tool7 x",
    "ssh host", "tar --to-command=tool7 -xf", "sed -i", "make", "npm run", "rsync -e tool7", "curl -o", "wget --post-file",
    "docker run -v", "systemctl --user start", "printf x%n", "test -f",
)  # fmt: skip
_WRAPPERS: Final = (
    "env", "nice", "timeout 5", "xargs", "find . -exec", "parallel", "watch", "nohup", "command", "time", "sudo", "env X=1",
    "! ", "exec",
    "builtin", "eval", "alias", "export", "trap", "source", "setsid", "stdbuf -oL",
)  # fmt: skip
_ODD: Final = (
    "$'target'", "$'tar\\x67et3x'", '$"target3x"', "{one,two}", "*", "t?", "[t]", "$V", "${V}", '"$V"', "~", "`tool4`",
    "$((1+1))",
    "$((a[$(tool4)]))", "${V:-tool}", "${V:=target4x}", "${!V}", "${a[@]}", '"$@"', '""', "a=b", "-rf", "--x=y", "{}", "\\;",
    "#x", "=x",
    "$", "tar\\\nget3x", "'it'\\''s'", '"a\\"b"', "target3x\r", "targ\u00e9t3x", "t\u0430rget3x", "target\u00a03x",
    "target3x\u200b", "\uff5c",
    "<(tool4)", ">(tool4)", "../target3x", "target1x/../target3x", "!x", "a,b", "%s%n",
)  # fmt: skip
_ENTERED: Final = " ;&|<>()'\"\\$`{}#\n\t!*?[]~=-2\r\u00a0\u2028"


_BEFORE: Final = (
    "case target62x in *) ", "f() { ", "function f { ", "cat <(", "tee >(", 'tool6 "$(', "until ", "[[ -f x ]] && ",
    "coproc ", "((", "a=(",
    "select v in a; do ", "for ((i=0;i<1;i++)); do ", "shopt -s expand_aliases\nalias tool='tool8 target63x'\n",
    "V=target64x; ",
    "V=tool9; ", "exec > target65x; ", "umask 0; ", "pushd target1x; ", "cd target1x; ", "cd target1x && ", "cd target1x || ",
    "! cd target1x && ",
    "cd target1x | ", "cd target1x & ", "time cd target1x && ", "set -k; ", "let x=1; ", "export V=target66x; ",
    "ln -s target1x target67x && ",
    "{ cd target1x && ", "(cd target1x && ", "while ", "if ! ", "true && cd target1x && ", "cd target1x && cd .. && ",
    "cd target1x\n", "ls && cd target2x && ",
)  # fmt: skip
_AFTER: Final = (
    " ;; esac", "; }; f", "; }; f", ")", ")", ')"', "; do break; done", "", "", "))", ")", "; done", "; done", *([""] * 17),
    "; }", ") && rm target68x",
    "; do break; done", "; then true; fi", "", "", "", "",
)  # fmt: skip


def _weighted(*ways: tuple[int, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    """One of them, each as often as is said."""
    each = [way for often, way in ways for _ in range(often)]
    return st.integers(0, len(each) - 1).flatmap(lambda at: each[at])


def _quoted(name: str) -> st.SearchStrategy[str]:
    half = len(name) // 2
    halves = f"{name[:half]}'{name[half:]}'", f'{name[:half]}"{name[half:]}"'
    return st.sampled_from((name, f"'{name}'", f'"{name}"', f"\\{name}", *halves, f'""{name}', f"'{name} b'"))


NAMES: Final = st.integers(1, 40).map(lambda number: f"target{number}x")
WORDS: Final = st.integers(0, 11).flatmap(lambda odd: st.sampled_from(_ODD) if odd == 11 else NAMES.flatmap(_quoted))
TARGETS: Final = st.integers(0, 9).flatmap(
    lambda odd: st.sampled_from(("$(tool4)", '"$(echo target5x)"', ">(tool4)", "$V", "/dev/null")) if odd == 9 else WORDS
)
REDIRECTIONS: Final = st.builds(
    "{}{}{}".format,
    st.sampled_from((">", ">>", "2>", "&>", "&>>", ">|", "<", ">&", "<<<", ">&2", "1>&", "<&", "<>", "{v}>", "3>", "2>&1 >")),
    st.sampled_from(("", " ")),
    TARGETS,
)


def _simple(sets: list[str], program: str, words: list[str], redirections: list[str]) -> str:
    return " ".join([*sets, program, *words, *redirections])


_SIMPLE: Final = st.builds(
    _simple,
    st.sampled_from((*([[]] * 8), ["V1=target70x"], ["V2="], ["V3=$(tool4)"], ["a[1]=target70x"])),
    st.sampled_from(_PROGRAMS),
    st.lists(WORDS, max_size=3),
    st.one_of(st.just([]), st.just([]), st.lists(REDIRECTIONS, max_size=2)),
)
_BODY: Final = st.sampled_from(("plain", "$V", "$(tool4 target69x)", "`tool4`", "\\$x", "$((1+1))", "a\\\nb", "\tEND"))
_SPECIAL: Final = st.one_of(
    st.builds("bash -c '{}'".format, _SIMPLE.filter(lambda text: "'" not in text)),
    st.builds("timeout 5 bash -c '{}'".format, _SIMPLE.filter(lambda text: "'" not in text)),
    st.builds("echo '{}' | sh".format, _SIMPLE.filter(lambda text: "'" not in text)),
    st.builds("cd {} && {}".format, NAMES, _SIMPLE),
    st.builds("{} <<{}\n{}\n{}\nEND\n".format, st.sampled_from(("cat > target50x", "bash", "tool5", "tee x", "sh -s")),
              st.sampled_from(("'END'", "END", '"END"', "-END", "\\END", "E'N'D")), _BODY, _SIMPLE),
    st.builds("cat <<A <<'B' > {}\n{}\nA\n{}\nB\n".format, NAMES, _BODY, _SIMPLE),
    st.builds("{} {}".format, st.sampled_from(_WRAPPERS), _SIMPLE),
)  # fmt: skip


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    chains = st.builds(
        "{}{}{}".format,
        inner,
        st.sampled_from((" ; ", " && ", " || ", " | ", " & ", "\n", " |& ", ";", "|", " && \\\n", "\n\n")),
        inner,
    )
    others = (
        st.builds("({})".format, inner),
        st.builds("{{ {}; }}".format, inner),
        st.builds("echo $({})".format, inner),
        st.builds("if {}; then {}; fi".format, inner, inner),
        st.builds("for v in target60x target61x; do {}; done".format, inner),
        st.builds("x=$({})".format, inner),
        st.builds("{} # {}".format, inner, inner),
        st.builds("{0[0]}{1}{0[1]}".format, st.sampled_from([*zip(_BEFORE, _AFTER, strict=True)]), inner),
        st.builds("{}{}".format, st.sampled_from(_BEFORE), inner),
        inner.map(lambda text: text.replace("\n", "\r\n")),
        inner.map(lambda text: text.replace(" ", " \\\n", 1)),
    )
    return _weighted((len(others), chains), *((1, other) for other in others))


GRAMMATICAL: Final = st.recursive(_weighted((9, _SIMPLE), (1, _SPECIAL)), _compound, max_leaves=5)


def _with_slips(text: str) -> st.SearchStrategy[str]:
    """A sign or two too many, or too few, where nobody expects it."""
    slips = st.lists(st.tuples(st.integers(0, len(text)), st.sampled_from(_ENTERED), st.booleans()), min_size=1, max_size=2)

    def slip(places: list[tuple[int, str, bool]]) -> str:
        slipped = text
        for at, sign, enters in places:
            slipped = slipped[:at] + (sign if enters else "") + slipped[at + (not enters) :]
        return slipped

    return slips.map(slip)


SCRIPTS: Final = _weighted((3, GRAMMATICAL), (1, GRAMMATICAL.flatmap(_with_slips)))


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that bash looked for."""

    words: list[str]
    at: str
    """The folder, seen from that of the work."""


def ran(script: str, *, ends: int) -> tuple[list[Ran], set[str]]:
    """All that bash looked for a program for, and the files that it wrote. `ends`: how each program ends."""
    with TemporaryDirectory(prefix="pai-voice-shell-") as folder:
        work, log = Path(folder) / "work", Path(folder) / "ran"
        for made in (work, *(work / f"target{number}x" for number in (1, 2))):
            made.mkdir()
        environ = {"PATH": "/nowhere", "HOME": "~", "RAN": str(log), "ENDS": str(ends), "LC_ALL": "C.UTF-8"}
        assert BASH
        command = [BASH, "--norc", "--noprofile", "-c", f'{_PRELUDE}eval "$SCRIPT"']
        process = subprocess.Popen(
            command, cwd=work, env={**environ, "SCRIPT": script}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
        wrote = {str(path.relative_to(work)) for path in work.rglob("*") if path.is_file()}
        wrote |= {f"../{path.name}" for path in Path(folder).iterdir() if path.is_file() and path != log}
        text = log.read_bytes().decode(errors="replace") if log.exists() else ""
        found = [argv.split("\0")[:-1] for argv in text.split("\1\0")[:-1]]
        return [Ran(argv[1:], os.path.relpath(argv[0], work)) for argv in found], wrote


@dataclass(frozen=True)
class Told:
    """A question, taken apart: what is said to be done, and in which folder."""

    question: str
    words: WorkWords

    def parts(self, at: str) -> str:
        """All that is said to be done in that folder."""
        head, _, rest = (
            self.question.partition(": ") if " things" in self.question.partition(": ")[0] else ("", "", self.question)
        )
        place = f" in the folder {self.words.signs.word(_from_root(at))} " if at != "." else ""
        parts = [_bare(part) for part in rest.removesuffix(" Yes or no?").split(";")]
        own = [part for part in parts if (place in part if place else " in the folder " not in part)]
        if " in the folder " in head:
            return " ".join(parts) if place and place in _bare(head) else ""
        return " ".join(own)


_WORK: Final = "/srv/work"  # where the question says that the script runs; nothing is looked for there


def _from_root(at: str) -> str:
    return at if not at.startswith("..") else os.path.normpath(os.path.join(_WORK, at))


def _bare(text: str) -> str:
    return f" {text.replace(',', '').replace(';', '').replace('.', '').replace(':', '')} "


def unsaid(words: WorkWords, agent: Agent, script: str, *, ends: int) -> list[str]:
    """What bash did of a script that the question does not name, with its folder, though it does not say either that it cannot be
    read out."""
    asks = words.asks("q", "Bash", {"command": script}, agent, Places(_WORK, "/home/me"))
    if "cannot read out" in asks.question:
        assert asks.risky
        return []
    told = Told(asks.whole or asks.question, words)
    done, wrote = ran(script, ends=ends)
    missing = [f"wrote {path}" for path in wrote if masked(path) == path and not _is_written(told, path)]
    for one in done:
        argv, said = one.words, told.parts(one.at)
        if any(masked(word) != word for word in argv) and A_SECRET in asks.question:
            continue  # a name that looks like a secret is said as one
        if argv[0] in words.commands.shells or _looks(words.commands, argv):
            continue
        if argv[0] not in words.commands.looks and words.commands.formed(argv) is None:
            argv = [_in_full(word, one.at) for word in argv]
            spelled = (
                words.signs.command(argv),
                words.signs.word(" ".join(argv)),
            )  # the second as a part of a script that is named
            missing += [] if any(_bare(way).strip() in said for way in spelled) else [f"ran {argv} in {one.at}"]
        else:
            targets = [word for word in argv[1:] if word.startswith("target")]
            missing += [f"{argv[0]} {word} in {one.at}" for word in targets if f" {words.signs.word(word)} " not in said]
    return missing


def _in_full(word: str, at: str) -> str:
    """A path that climbs out of the folder, as it is to be said."""
    if ".." not in word.split("/"):
        return word
    whole = os.path.join(_WORK, "" if at == "." else at, word)
    return os.path.normpath(whole) if word.startswith("..") else whole


def _is_written(told: Told, path: str) -> bool:
    """By its whole path, or by its name and the folder that it is done in."""
    folder, name = os.path.split(path)
    known = told.words.commands.places["home"] if path == "~" else told.words.signs.word(name)
    by_name = f" {known} " in told.parts(folder or ".")
    return by_name or f" {told.words.signs.word(_from_root(path))} " in _bare(told.question)


def _looks(commands: Commands, argv: list[str]) -> bool:
    return commands.only_looks(argv, lambda path: not path.startswith(("/", "~")))
