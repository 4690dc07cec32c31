"""`bot venue` from its first line to its end, as a person runs it."""

import json
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.asking import Ask, asker

ROOT = Path(__file__).parents[3]
KEY, SECRET = "k" * 64, "s" * 64


@pytest.fixture
def ask(capsys) -> Ask:
    return asker(capsys)


def begin(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "venue", "--port", "0", "--json", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_tells_what_a_client_needs_and_ends_when_asked():
    with begin("--key", f"{KEY}:{SECRET}") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        address = ready["address"]
        trust = ssl.create_default_context(cafile=address["ca"])
        secure = f"https://127.0.0.1:{address['secure']}/fapi/v1/ping"
        plain = f"http://127.0.0.1:{address['plain']}/api/v3/ping"
        with urllib.request.urlopen(secure, context=trust) as reply:
            assert reply.read() == b"{}"
        with urllib.request.urlopen(plain) as reply:
            assert reply.read() == b"{}"
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "seed 1" in talk
    assert "Traceback" not in talk
    assert ready["members"] == [{"name": "account1", "key": KEY, "secret": SECRET}]
    assert "sim:BTC/USDT:USDT" in ready["instruments"]
    assert not Path(address["ca"]).exists()


def test_a_port_that_is_taken_is_a_matter_of_usage(ask: Ask):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        answer = ask("venue", "--no-tls", "--port", port, "--for", "1s")

    assert answer.code == 2
    assert f"bot venue --port: got {port}" in answer.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--key", "half"), 2, "KEY:SECRET"),
        (("--key", "a:b", "--key", "a:c"), 2, "keys that differ"),
        (("--deposit", "spot:BTC"), 2, "spot:BTC=10"),
        (("--deposit", "moon:BTC=1"), 2, "spot:BTC=10"),
        (("--speed", "0"), 2, "--speed"),
        (("--market", "nowhere"), 4, "nowhere"),
    ],
)
def test_what_makes_no_sense_is_told(ask: Ask, arguments, code, said):
    answer = ask("venue", *arguments)

    assert answer.code == code
    assert said in answer.err
