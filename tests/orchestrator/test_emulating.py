"""`pai-voice emulate acs` prints settings that are whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from pydantic import SecretStr

from orchestrator.config import Settings, load
from orchestrator.emulating import emulate
from telephony.acs_settings import AcsSettings

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine


async def printed(settings: Settings, events_url: str | None = None) -> str:
    said: list[str] = []
    async with anyio.create_task_group() as tasks:
        ready = anyio.Event()

        def say(text: str) -> None:
            said.append(text)
            ready.set()

        tasks.start_soon(emulate, settings, 0, events_url, "+15550100", "+15550199", say)
        await ready.wait()
        tasks.cancel_scope.cancel()
    return "".join(said)


def acs(endpoint: str) -> AcsSettings:
    return AcsSettings(
        endpoint=endpoint,
        access_key=SecretStr("c2VjcmV0LWtleQ=="),
        public_url="https://phone.example.org",
        webhook_secret=SecretStr("hush-hush-hush-hush"),
        audience="6b1f4c9e",
    )


async def test_what_is_told_is_a_whole_settings_file(tmp_path: Path) -> None:
    text = await printed(Settings(), "http://127.0.0.1:9999/acs/events")
    await anyio.Path(tmp_path / "pai-voice.toml").write_text(text)
    settings = (await anyio.to_thread.run_sync(load, {}, tmp_path)).settings
    assert settings.acs
    assert settings.acs.endpoint in text.splitlines()[0]
    assert settings.acs.public_url == "http://127.0.0.1:9999"
    assert settings.acs.phone_number == "+15550199"
    assert settings.server.port == 9999
    assert settings.admission.allow == ("+15550100",)


async def test_every_start_has_a_secret_of_its_own() -> None:
    secrets = [tomllib.loads(await printed(Settings()))["acs"]["webhook_secret"] for _ in range(2)]
    assert len(set(secrets)) == 2
    assert min(map(len, secrets)) >= 32


@pytest.mark.parametrize(("endpoint", "ours"), [("http://127.0.0.1:8070", True), ("https://voice.example.org", False)])
async def test_only_a_secret_for_loopback_is_used_again_and_never_printed(endpoint: str, ours: bool) -> None:
    text = await printed(Settings(acs=acs(endpoint)))
    assert "hush" not in text
    assert ("webhook_secret" in tomllib.loads(text)["acs"]) is not ours


async def test_behind_a_proxy_the_port_is_not_guessed() -> None:
    told = tomllib.loads(await printed(Settings(), "https://phone.example.org/acs/events"))
    assert told["acs"]["public_url"] == "https://phone.example.org"
    assert "server" not in told
