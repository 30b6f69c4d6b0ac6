"""Settings: where they come from, who wins, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config import Config, load
from orchestrator.errors import ConfigError

ACS = """
[acs]
endpoint = "https://voice.example.org"
access_key = "c2VjcmV0LWtleQ=="
public_url = "https://phone.example.org"
webhook_secret = "hush-hush-hush-hush"
audience = "6b1f4c9e"
"""
SECRETS = ("c2VjcmV0LWtleQ==", "hush-hush-hush-hush", "sk-ant-secret", "271828")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, and a person with no settings elsewhere."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    return tmp_path


def write(folder: Path, text: str) -> str:
    (folder / "pai-voice.toml").write_text(text)
    return str(folder / "pai-voice.toml")


def row(config: Config, key: str) -> tuple[str, str]:
    return next((value, origin) for name, value, origin in config.rows() if name == key)


def test_without_a_file_all_is_default(folder: Path) -> None:
    config = load({}, folder)
    assert {origin for _, _, origin in config.rows()} == {"default"}
    assert config.settings.acs is None
    assert config.settings.admission.allow == ()


def test_the_environment_wins_over_the_file(folder: Path) -> None:
    file = write(folder, '[server]\nport = 1\nhost = "0.0.0.0"\n[claude]\napi_key = "file"')
    config = load({"PAI_VOICE_SERVER__PORT": "2", "ANTHROPIC_API_KEY": "known", "PAI_VOICE_CLAUDE__API_KEY": "own"}, folder)
    assert row(config, "server.host") == ("0.0.0.0", file)
    assert row(config, "server.port") == ("2", "PAI_VOICE_SERVER__PORT")
    assert config.settings.claude.api_key
    assert config.settings.claude.api_key.get_secret_value() == "own"
    assert row(config, "claude.api_key") == ("********", "PAI_VOICE_CLAUDE__API_KEY")


def test_a_file_can_be_named(folder: Path) -> None:
    write(folder, "[server]\nport = 1")
    other = folder / "other.toml"
    other.write_text("[server]\nport = 3")
    assert row(load({"PAI_VOICE_CONFIG": str(other)}, folder), "server.port") == ("3", str(other))


def test_lists_have_commas_in_the_environment(folder: Path) -> None:
    config = load({"PAI_VOICE_ADMISSION__ALLOW": "+43 1 2345678, +1 604 123 4567,"}, folder)
    assert config.settings.admission.allow == ("+4312345678", "+16041234567")
    assert row(config, "admission.allow") == ("+4312345678, +16041234567", "PAI_VOICE_ADMISSION__ALLOW")


def test_the_minutes_between_calls_are_a_list(folder: Path) -> None:
    assert load({"PAI_VOICE_CALLBACK__RETRIES": "1, 2.5"}, folder).settings.callback.retries == (1, 2.5)


def test_folders_may_begin_at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    settings = load({"PAI_VOICE_HOME": "~/calls", "PAI_VOICE_AGENTS": "/elsewhere"}, folder).settings
    assert (settings.home, settings.agents) == (Path("/somewhere/calls"), (Path("/elsewhere"),))


def test_what_is_empty_in_the_environment_is_not_set(folder: Path) -> None:
    config = load({"ANTHROPIC_API_KEY": "", "PAI_VOICE_SERVER__PORT": "", "PAI_VOICE_CONFIG": ""}, folder)
    assert config.settings.claude.api_key is None


def test_secrets_are_masked(folder: Path) -> None:
    write(folder, ACS + '[admission]\npin = "271828"')
    shown = str(list(load({"ANTHROPIC_API_KEY": "sk-ant-secret"}, folder).rows()))
    assert shown.count("********") == 4
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize(
    ("toml", "environ", "said"),
    [
        ("[server]\nprot = 1", {}, "{file}: server.prot: there is no such setting; did you mean `port`?"),
        ("[serer]\nport = 1", {}, "{file}: serer: there is no such setting; did you mean `server`?"),
        ("colour = 1", {}, "{file}: colour: there is no such setting; known: acs, admission, agents, callback,"),
        ("[server]\nport = 'x'", {}, "{file}: server.port: Input should be a valid integer"),
        ("[server]\nport = 70000", {}, "{file}: server.port: Input should be less than or equal to 65535"),
        ("server = 1", {}, "{file}: server: is a section; write [server] in pai-voice.toml, and its settings below"),
        ("[callback]\nretries = 5", {}, "{file}: callback.retries: is a list; write it in brackets: […]"),
        ("[tasks]\ndatabase = 'postgresql://u:p@h:x/d'", {}, "{file}: tasks.database: is a URL: postgresql://USER:"),
        ("[hold]\nmusic = false", {}, "{file}: hold.music: must be one of composed, off, elevenlabs, or a folder such as"),
        ("[server\nport = 1", {}, "{file}: this is not TOML: "),
        ("[acs]\nendpoint = 'https://a.example'", {}, "{file}: acs.access_key: is needed; add it to [acs] in pai-voice.toml"),
        (
            "[admission]\nallow = ['0123']",
            {},
            "{file}: admission.allow: `0123` needs a country code: write +43…, or set `region`",
        ),
        ("[admission]\npin_mode = 'always'", {}, "{file}: admission: pin_mode is `always`, but there is no `pin`"),
        (
            "",
            {"PAI_VOICE_SERVER__PROT": "1"},
            "PAI_VOICE_SERVER__PROT: server.prot: there is no such setting; did you mean `port`?",
        ),
        (
            "",
            {"PAI_VOICE_EARS__ENGINE": "ear"},
            "PAI_VOICE_EARS__ENGINE: ears.engine: there is no recogniser `ear`; known:",
        ),
        ("[hold]\nmusic = 'composd'", {}, "{file}: hold.music: must be one of composed, off, elevenlabs, or a folder such as"),
        ("[hold]\nmusic = 'elevenlabs'", {}, "{file}: hold: music is `elevenlabs`, but it has no key; set `key` in [voices"),
        ("server = 1", {"PAI_VOICE_SERVER__PORT": "1"}, "PAI_VOICE_SERVER__PORT: `server` is a single value, not a section"),
        ("", {"PAI_VOICE_CONFIG": "/nowhere.toml"}, "/nowhere.toml: No such file or directory"),
    ],
)
def test_what_is_said_of_a_wrong_setting(folder: Path, toml: str, environ: dict[str, str], said: str) -> None:
    file = write(folder, toml)
    with pytest.raises(ConfigError) as raised:
        load(environ, folder)
    assert str(raised.value).startswith(said.format(file=file))
    assert raised.value.fix


def test_every_wrong_setting_is_named_at_once(folder: Path) -> None:
    write(folder, "[server]\nport = -1\n[log]\nlevel = 'loud'")
    with pytest.raises(ConfigError) as raised:
        load({}, folder)
    assert [line.split(": ")[1] for line in str(raised.value).splitlines()] == ["server.port", "log.level"]


@pytest.mark.parametrize(
    "toml",
    [
        ACS.replace("c2VjcmV0LWtleQ==", "c2VjcmV0LWtleQ==!"),
        ACS.replace('"hush-hush-hush-hush"', '["hush-hush-hush-hush"]'),
        ACS + '[admission]\npin = "271828x"',
        ACS + "[admission]\npin = 271828",
        ACS + '[claude]\napi_key = {key = "sk-ant-secret"}',
        '[tasks]\ndatabase = "mysql://voice:sk-ant-secret@db/voice"',
    ],
)
def test_a_wrong_secret_is_not_told(folder: Path, toml: str) -> None:
    write(folder, toml)
    with pytest.raises(ConfigError) as raised:
        load({}, folder)
    assert not [secret for secret in SECRETS if secret in str(raised.value)]


def test_a_file_that_is_not_utf_8(folder: Path) -> None:
    (folder / "pai-voice.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="this is not TOML"):
        load({}, folder)


def test_long_work_is_paid_by_the_key_that_is_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match="needs `api_key`"):
        load({"PAI_VOICE_PAI__AUTH": "api_key"}, folder)
    config = load({"PAI_VOICE_PAI__AUTH": "api_key", "PAI_VOICE_PAI__API_KEY": "k", "PAI_VOICE_PAI__ENVIRONMENT": "A, B"}, folder)
    assert config.settings.pai.environment == ("A", "B")
    assert "api_key" in str(list(config.rows()))
    assert "'k'" not in str(list(config.rows()))
