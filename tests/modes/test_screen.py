import asyncio
import io
import re

import pytest
from rich.console import Console

from bot.modes import screen
from tests.modes.samples import run_for


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return run_for(tmp_path_factory.mktemp("screen") / "session", duration_s=0.6).snapshot


def drawn(snapshot, width=140) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(screen.picture(snapshot))
    return console.file.getvalue()


def test_one_screen_says_whether_it_is_alive_hedged_and_earning(shown):
    text = drawn(shown)

    assert "PAPER" in text
    assert re.search(r"equity\s+profit\s+price\s+basis\s+slippage\s+funding\s+fees", text)
    for word in ("delta_hedge", "funding_arbitrage", "net delta", "sim:BTC/USDT:USDT", "bps"):
        assert word in text
    assert len(text.splitlines()) <= 40


def test_it_says_why_a_strategy_does_nothing(shown):
    idle = {one.strategy: one.idle for one in shown.strategies}

    assert idle["delta_hedge"] == "the bot is stopping"
    assert "the bot is stopping" in drawn(shown)


def test_a_line_has_the_figures_and_no_colours(shown):
    text = screen.line(shown)

    assert re.fullmatch(r"2026-01-01 .* equity [\d,.]+ USDT, profit -?[\d,.]+, .* refused", text)
    assert "\x1b" not in text


def test_unknown_is_written_as_unknown_and_never_as_zero():
    assert screen.money(None) == "unknown"


async def test_without_a_terminal_no_screen_is_drawn(shown):
    console = Console(file=io.StringIO(), force_terminal=False, width=200)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await screen.show(console, lambda: shown, line_s=0.01)

    lines = console.file.getvalue().splitlines()
    assert lines
    assert set(lines) == {screen.line(shown)}


async def test_on_a_terminal_the_screen_is_kept_current(shown):
    console = Console(file=io.StringIO(), force_terminal=True, width=140, height=50)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await screen.show(console, lambda: shown)

    assert "PAPER" in console.file.getvalue()
