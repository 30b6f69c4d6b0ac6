"""The package as somebody else gets it: a wheel, installed into an environment of its own, used in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.kit.commands import environment

ROOT = Path(__file__).parents[1]
ROOMS = ("agents", "voices", "telephony", "orchestrator", "prompts")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]  # a build, an installation, and pytest three times
REACHES = """
def test_it():
    from anthropic import Anthropic
    asked = [{"role": "user", "content": "Hello"}]
    Anthropic(api_key="x").messages.create(model="claude-haiku-5-5", max_tokens=9, messages=asked)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with the wheel in it; what it depends on is this environment's."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pytest_command = python.with_name("pytest")
    pytest_command.write_text(f"#!{python}\nimport sys, pytest\nsys.exit(pytest.console_main())\n")
    pytest_command.chmod(0o755)
    return python.parent


class Stranger:
    """In an empty folder, with nothing of ours but what was installed."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder = folder / "empty"
        self.folder.mkdir()
        self._env = environment(folder, PAI_VOICE_AGENTS="", PATH=f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
        self._env.pop("PYTHONPATH", None)

    def runs(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self._env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def stranger(tmp_path: Path, bin_folder: Path) -> Stranger:
    return Stranger(tmp_path, bin_folder)


def test_it_holds_every_file_of_the_rooms(wheel: Path) -> None:
    files = {path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file() and path.suffix != ".pyc"}
    packed = {name for name in ZipFile(wheel).namelist() if name.split("/")[0] in ROOMS}
    assert packed == {path.relative_to(ROOT).as_posix() for path in files}
    assert {Path(name).suffix for name in packed} >= {".py", ".yaml", ".md", ".wav", ".json", ".typed"}


def test_it_brings_the_command_and_the_plugin(wheel: Path) -> None:
    with ZipFile(wheel) as packed:
        (listed,) = [name for name in packed.namelist() if name.endswith("dist-info/entry_points.txt")]
        entry_points = packed.read(listed).decode()
    assert "[console_scripts]\npai-voice = orchestrator.cli:main\n" in entry_points
    assert "[pytest11]\npai-voice = orchestrator.testing.plugin\n" in entry_points


def test_a_new_agent_in_an_empty_folder(stranger: Stranger, bin_folder: Path) -> None:
    where = stranger.runs("python", "-c", "import orchestrator; print(orchestrator.__file__)")
    assert Path(where).is_relative_to(bin_folder.parent)
    stranger.runs("pai-voice", "agents", "new", "Ruth", "--for", "cooking", "--voice", "alto", "--talks", "Warm and short.")
    assert stranger.runs("pai-voice", "agents", "lint") == "nothing to complain of\n"
    assert "1 passed" in stranger.runs("pytest", "-q")

    test = stranger.folder / "tests" / "test_ruth.py"
    test.write_text(test.read_text().replace('.agent == "ruth"', '.agent == "engineer"'))
    failed = stranger.runs("pytest", "-q", code=1)
    assert "AssertionError: assert 'ruth' == 'engineer'" in failed
    assert "  Ruth       Tell me a little more about that." in failed
    assert "orchestrator/" not in failed

    test.write_text(REACHES)
    reached = stranger.runs("pytest", "-q", code=1)
    assert "This test reached for the real Claude (POST https://api.anthropic.com/v1/messages)" in reached
