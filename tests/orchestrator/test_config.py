"""Settings: where they come from, who wins, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.plain_errors import leaves
from orchestrator.config import Config, Settings, load
from orchestrator.errors import ConfigError
from orchestrator.settings_environment import KNOWN_AS, strangers, variables

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
        ("[server]\nprot = 1", {}, "{file}:2: server.prot: there is no such setting; did you mean `port`?"),
        ("[serer]\nport = 1", {}, "{file}:1: serer: there is no such setting; did you mean `server`?"),
        ("colour = 1", {}, "{file}:1: colour: there is no such setting; known: acs, admission, agents, callback,"),
        ("[server]\nport = 'x'", {}, "{file}:2: server.port: must be a whole number, such as 5"),
        ("[server]\nport = 70000", {}, "{file}:2: server.port: must be at most 65535"),
        ("server = 1", {}, "{file}:1: server: is a section; write [server] in pai-voice.toml, and its settings below"),
        ("[callback]\nretries = 5", {}, "{file}:2: callback.retries: must be a list; write it in brackets: […]"),
        ("[tasks]\ndatabase = 'postgresql://u:p@h:x/d'", {}, "{file}:2: tasks.database: is a URL: postgresql://USER:"),
        ("[hold]\nmusic = false", {}, "{file}:2: hold.music: must be one of composed, off, elevenlabs, or a folder such as"),
        ("[server\nport = 1", {}, "{file}:1: a quote or a bracket is not closed"),
        ("[acs]\nendpoint = 'https://a.example'", {}, "{file}:1: acs.access_key: is needed; add it to [acs] in pai-voice.toml"),
        (
            "[admission]\nallow = ['0123']",
            {},
            "{file}:2: admission.allow: `0123` needs a country code: write +43…, or set `region`",
        ),
        ("[admission]\npin_mode = 'always'", {}, "{file}:1: admission: pin_mode is `always`, but there is no `pin`"),
        (
            "",
            {"PAI_VOICE_EARS__ENGINE": "ear"},
            "PAI_VOICE_EARS__ENGINE: ears.engine: there is no recogniser `ear`; known:",
        ),
        ("[hold]\nmusic = 'composd'", {}, "{file}:2: hold.music: must be one of composed, off, elevenlabs, or a folder such as"),
        ("[hold]\nmusic = 'elevenlabs'", {}, "{file}:1: hold: music is `elevenlabs`, but it has no key; set `key` in [voices"),
        ("server = 1", {"PAI_VOICE_SERVER__PORT": "1"}, "PAI_VOICE_SERVER__PORT: `server` is a single value, not a section"),
        ("", {"PAI_VOICE_CONFIG": "/nowhere.toml"}, "/nowhere.toml: is not there"),
    ],
)
def test_what_is_said_of_a_wrong_setting(folder: Path, toml: str, environ: dict[str, str], said: str) -> None:
    file = write(folder, toml)
    with pytest.raises(ConfigError) as raised:
        load(environ, folder)
    assert str(raised.value).startswith(said.format(file=file))
    assert raised.value.fix


@pytest.mark.parametrize(
    ("toml", "wrong"),
    [
        ("[admission]\npin = 1234", ["2: admission.pin: must be text; put it in quotes"]),
        ('[server]\nport = "abc"', ["2: server.port: must be a whole number, such as 5"]),
        ("[admission]\nallow = [\n  43123]", ["2: admission.allow.0: must be text; put it in quotes"]),
        ('[ears]\nengine = "whipser"', ["2: ears.engine: there is no recogniser `whipser`; did you mean `whisper`?"]),
        ('[earcons]\nconnected = "maybe"', ["2: earcons.connected: must be true or false"]),
        ('[log]\nlevel = "inof"', ["2: log.level: must be one of debug, info, warning, error; did you mean `info`?"]),
        ('[claude]\nbase_url = "notaurl"', ["2: claude.base_url: must be an address such as https://api.anthropic.com"]),
        ('[tools.w]\nurl = "notaurl"', ["2: tools.w.url: does not have the form that is needed here: https://…, of a server"]),
        ("[tools.weather]\n", ["1: tools.weather: give either `command` or `url`"]),
        ('[acs]\nendpoint = "http://["', ["2: acs.endpoint: an address like https://voice.example.org is needed"]),
        (
            ACS.replace("endpoint", "endpont").replace("audience", "\n\naudiense"),
            ["3: acs.endpont: there is no such setting; did you mean", "9: acs.audiense: there is no such setting; did you mean"],
        ),
    ],
)
def test_each_is_told_with_its_line_and_in_plain_words(folder: Path, toml: str, wrong: list[str]) -> None:
    file = write(folder, toml)
    with pytest.raises(ConfigError) as raised:
        load({}, folder)
    told = [line.removeprefix(f"{file}:") for line in str(raised.value).splitlines()]
    assert [said[: len(begins)] for said, begins in zip(told, wrong, strict=False)] == wrong
    misspelt = [said.split(": ")[1] for said in told if "did you mean" in said]
    assert not misspelt or "is needed" not in str(raised.value)  # the right key is not asked for once more


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("PAI_VOICE_ACS_ACCESS_KEY", "did you mean PAI_VOICE_ACS__ACCESS_KEY?"),
        ("PAI_VOICE_SERVER__PROT", "did you mean PAI_VOICE_SERVER__PORT?"),
        ("PAI_VOICE_ID", "`pai-voice config show` lists ours"),
        ("PAI_VOICE_ACS", "is not a setting of PAI Voice"),
    ],
)
def test_a_variable_of_others_is_left_alone_and_told(folder: Path, name: str, near: str) -> None:
    (warning,) = load({name: "a secret"}, folder).warnings
    assert warning.startswith(f"{name} is in the environment")
    assert near in warning
    assert "a secret" not in warning


@given(names=st.sets(st.from_regex(r"PAI_VOICE_[A-Z_0-9]{0,40}", fullmatch=True), max_size=5))
def test_no_variable_that_is_not_ours_ends_anything(names: set[str]) -> None:
    environ = {**dict.fromkeys(names - {*KNOWN_AS, "PAI_VOICE_CONFIG"}, "1"), "XDG_CONFIG_HOME": "/nowhere"}
    known = {"PAI_VOICE_" + "__".join(keys).upper() for keys in leaves(Settings)}
    assume(not names & known)
    config = load(environ, Path("/nowhere"))
    named = {warning.split()[0] for warning in config.warnings}
    assert named == {name for name in environ if name.startswith("PAI_VOICE_") and not name.startswith("PAI_VOICE_TOOLS__")}


def test_every_setting_can_be_a_variable() -> None:
    """Each is known by its name, a server's of any name, too."""
    for keys in leaves(Settings):
        name = "PAI_VOICE_" + "__".join("weather" if key == "*" else key for key in keys).upper()
        assert [found for _, found in variables({name: "1"}, Settings)]
        assert not strangers({name: "1"}, Settings)


@pytest.mark.parametrize(("begins", "ends"), [("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r\n")])
def test_a_file_of_any_editor_is_read(folder: Path, begins: str, ends: str) -> None:
    def change(text: str) -> str:
        return begins + text.replace("\n", ends)

    (folder / "pai-voice.toml").write_bytes(change('[house]\nplace = "Wien"\n[server]\nport = "x"\n').encode())
    with pytest.raises(ConfigError, match=r"pai-voice\.toml:4: server\.port"):
        load({}, folder)
    (folder / "pai-voice.toml").write_bytes(change('[house]\nplace = "Wien"\n').encode())
    assert load({}, folder).settings.house.place == "Wien"


def test_a_folder_in_place_of_the_file_is_an_error(folder: Path) -> None:
    (folder / "pai-voice.toml").mkdir()
    with pytest.raises(ConfigError, match="is a folder, not a file"):
        load({}, folder)


def test_a_link_to_nowhere_is_an_error(folder: Path) -> None:
    (folder / "pai-voice.toml").symlink_to(folder / "gone")
    with pytest.raises(ConfigError, match="is not there"):
        load({}, folder)


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
    with pytest.raises(ConfigError, match="is not UTF-8; save it as UTF-8"):
        load({}, folder)


def test_long_work_is_paid_by_the_key_that_is_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match="needs `api_key`"):
        load({"PAI_VOICE_PAI__AUTH": "api_key"}, folder)
    config = load({"PAI_VOICE_PAI__AUTH": "api_key", "PAI_VOICE_PAI__API_KEY": "k", "PAI_VOICE_PAI__ENVIRONMENT": "A, B"}, folder)
    assert config.settings.pai.environment == ("A", "B")
    assert "api_key" in str(list(config.rows()))
    assert "'k'" not in str(list(config.rows()))


@pytest.mark.parametrize("text", ["a = " + "[" * 3_000, "a = " + "1" * 60_000, "# long\n" * 50_000, "a = \ufffd\x00"])
def test_settings_that_are_too_deep_or_too_long_are_refused_in_our_own_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "pai-voice.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load({}, tmp_path)
