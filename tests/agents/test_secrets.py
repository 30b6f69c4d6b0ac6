"""What is a secret, by its name or its looks, and what is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.secrets import A_SECRET, has_secret, is_secret_name, masked, named, without_secrets
from agents.speakable import phrase, sentences


@pytest.mark.parametrize(
    "name",
    [
        "--password",
        "MYSQL_PWD",
        "authToken",
        "X-Api-Key",
        "AWS_SECRET_ACCESS_KEY",
        "STRIPE_KEY",
        "passphrase",
        "--token",
        "Authorization",
        "PGPASSWORD",
        "dbpassword",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "PWD",
        "pwd",
        "keyboard",
        "author",
        "--key",
        "tokenizer",
        "PATH",
        "",
        "monkey",
        "compass",
        "--password-file",
        "--cookie-jar",
        "--no-auth",
        "--delete-secret-keys",
        "--max-tokens",
    ],
)
def test_names_of_nothing_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("MYSQL_PWD=hunter2 mysql", "MYSQL_PWD=a secret mysql"),
        ("curl -H 'Authorization: Bearer abc' x", "curl -H 'Authorization: Bearer a secret' x"),
        ('{"password": "a b c", "n": 1}', '{"password": a secret, "n": 1}'),
        ("https://x.y/z?a=1&token=hunter2&b=2", "https://x.y/z?a=1&token=a secret&b=2"),
        ("git clone https://me:tok123@x.y/z", "git clone https://a secret@x.y/z"),
        ("git clone https://tok123@x.y/z", "git clone https://a secret@x.y/z"),
        ("git clone ssh://git@x.y/z", "git clone ssh://git@x.y/z"),
        ("x --password hunter2 y", "x --password a secret y"),
        ("curl -u me:hunter2 x", "curl -u me:a secret x"),
        ("use ghp_16C7e42F292c6912E7710c838347Ae178B4a", "use a secret"),
        ("--data=token=abc", "--data=token=a secret"),
        ("token=$TOKEN", "token=$TOKEN"),
        ("https://evil.example?@good.example/", "https://evil.example?@good.example/"),
        ("https://evil.example#@good.example/", "https://evil.example#@good.example/"),
        ("https://evil.example\\@good.example/", "https://evil.example\\@good.example/"),
        ("sshpass -p hunter2 ssh a", "sshpass -p a secret ssh a"),
        ("docker login -u me -p hunter2 x", "docker login -u me -p a secret x"),
        ("redis-cli -a 'hunter 2' x", "redis-cli -a a secret x"),
        ("docker run -p 80:80 x", "docker run -p 80:80 x"),
        ("The token is missing.", "The token is missing."),
        ("a=b c: d", "a=b c: d"),
        ("password=" + "x" * 5_000 + " y", "password=a secret y"),
    ],
)
def test_a_secret_is_replaced(text: str, without: str) -> None:
    assert masked(text) == without


@pytest.mark.parametrize(
    "text",
    [
        "The token is sk-ant-api03-Q7fT2nXk9LpVw.", "Set the password to hunter2",
        "Commit 3f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
        "Log in with ghp_16C7e42F292c6912E7710c838347Ae178B4a", "Use AKIAIOSFODNN7EXAMPLE", "Open 192.168.0.17:8080",
        "Delete session 550e8400-e29b-41d4-a716-446655440000", "Fixed in 3f2a9c1", "The passphrase was correcthorse",
        "api key: abc123",
        "Send it to eyJhbGciOi.eyJzdWIi.c2ln",
    ],
)  # fmt: skip
def test_a_secret_is_not_told_on_hold(text: str) -> None:
    assert (phrase(text), sentences(text, 2)) == ("", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Use wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY there", "Use a secret there"),
        ("It posts to https://hooks.slack.com/services/T00000000/B00000000/XXXX", "It posts to https://a secret"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----", "a secret"),
        ("postgresql://app:s3cr3t@pw@db/app", "postgresql://a secret@db/app"),
        ("whsec_abcdef1234567890abcd", "a secret"),
        ("It is at https://a.blob.core/f?sv=2022&sig=Zm9v%3D now", "It is at https://a.blob.core/f?sv=2022a secret now"),
        ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", "a secret"),
        ("key-3ax6xnjp29jd6fds4gc373sgvjxteol0", "key-a secret"),
        ("The code is JBSWY3DPEHPK3PXP", "The code is a secret"),
        ("Password for root is `hunter2`", "Password for root is a secret"),
        ("user admin and password hunter2", "user admin and password a secret"),
        ("The PIN code is 4711", "The PIN code is a secret"),
        ("commit 1234567 is in", "a commit is in"),
        ("Open 2001:db8::ff00:42:8329 now", "Open an address now"),
        ("Open ::1 now", "Open an address now"),
        ("MAC 00-1a-2b-3c-4d-5e", "MAC an address"),
        ("Write to jürgen@müller.de.", "Write to a mail address."),
        ("user@localhost is it", "a mail address is it"),
        ("Pay to GB82 WEST 1234 5698 7654 32", "Pay to a bank account"),
        ("DE89370400440532013000 is theirs", "a bank account is theirs"),
        ("Card 5500.0000.0000.0004", "Card a long number"),
    ],
)
def test_each_is_named_for_what_it_is(text: str, said: str) -> None:
    assert named(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "I set the token to expire in an hour.", "The pin is bent.", "The password reset page works.",
        "The token count is small.",
        "I call std::vector and add::one.", "The ratio is 1:2:3 at 10:30:45.", "I use react@18.2.0.", "A secret handshake.",
        "The password field is red.", "API key v2 is out.", "I renamed backup20261130.",
    ],
)  # fmt: skip
def test_what_is_no_secret_is_left_as_it_is(text: str) -> None:
    assert named(text) == text


@pytest.mark.parametrize(
    "text",
    ["I read 20 files in 2026", "The token is missing", "The decade was good", "Version 1.2.3 is out", "It took 1234567 steps"],
)
def test_what_is_no_secret_is_told(text: str) -> None:
    assert sentences(text, 2) == text


@given(st.text(max_size=200))
def test_masking_twice_masks_no_more(text: str) -> None:
    once = masked(text)
    assert masked(once).count(A_SECRET) >= once.count(A_SECRET)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("mysql -phunter2 x", "mysql -p* x"),
        ("env A=1 sshpass -p hunter2 ssh a", "env A=1 sshpass -p * ssh a"),
        ("docker run -p 80:80 x", "docker run -p 80:80 x"),
        ("docker login -p hunter2 x", "docker login -p * x"),
        ("htpasswd -b f me hunter2", "htpasswd -b f me *"),
        ("smbclient -U me%hunter2 x", "smbclient -U me%* x"),
        ("tool --token hunter2", "tool --token *"),
        ("tool --token /etc/x", "tool --token /etc/x"),
        ("tool --token --all", "tool --token --all"),
        ("openssl passwd hunter2", "openssl passwd *"),
        ("", ""),
    ],
)
def test_the_words_of_a_command_without_secrets(command: str, said: str) -> None:
    assert " ".join(without_secrets(command.split(), "*")) == said


@pytest.mark.parametrize("piece", ["password=", "a:", "https://", "-u a:", "token is ", "x" * 19 + " ", "0123456789abcdef"])
def test_it_takes_linear_time(piece: str) -> None:
    began = time.perf_counter()
    has_secret(piece * (100_000 // len(piece)))
    assert time.perf_counter() - began < 5
