"""A whole bot on paper: what it leaves behind, and how it ends when something is wrong."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec import structs

from bot import BookImbalance, Strategy, Struct, Target
from bot.errors import AlreadyRunning, JournalError, NotFoundError
from bot.journal.lock import SessionLock
from bot.journal.session import SessionReader
from bot.modes.control import command, status
from bot.modes.verify import verify
from tests.modes.samples import PERP, market, run_for, settings_of, settings_with, told_by

ROOT = Path(__file__).parents[2]


class Raising(Strategy):
    """Wrong at its fifth decision."""

    instrument: str

    class Memory(Struct):
        asked: int = 0

    def watches(self):
        return {"imbalance": BookImbalance(self.instrument, levels=5, wake=0.05)}

    def decide(self, view):
        view.memory.asked += 1
        if view.memory.asked == 5:
            raise ZeroDivisionError("division by zero")
        return Target(self.instrument, 0.01)


class Process:
    """A bot in a process of its own, trading."""

    def __init__(self, path: Path, seconds: float, *wrong: str) -> None:
        self.path = path
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.modes.paper_process", str(path), str(seconds), *wrong],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def until_it_trades(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                shown = status(self.path)
            except NotFoundError:
                time.sleep(0.05)
                continue
            if shown.counts["fills"]:
                return shown
            time.sleep(0.05)
        raise AssertionError("it did not trade within 30 s")

    def end(self) -> tuple[int, str, str]:
        out, err = self.child.communicate(timeout=40)
        return self.child.returncode, out, err


def told(path):
    return told_by(list(SessionReader(path).records()))


def test_a_run_trades_books_and_leaves_no_order_behind(tmp_path):
    result = run_for(tmp_path / "session", duration_s=0.5)

    assert result.exit_code == 0
    assert result.counts.fills > 5
    assert result.snapshot.orders == ()
    assert told(tmp_path / "session").live == {}
    parts = [amount for part, amount in result.attribution.items() if part != "transfers"]
    assert sum(parts) == result.equity_change


def test_the_next_run_goes_on_where_the_last_one_ended(tmp_path):
    first = run_for(tmp_path / "session", duration_s=0.35)
    second = run_for(tmp_path / "session", duration_s=0.25)

    assert (first.run, second.run) == (1, 2)
    assert second.first_ns >= first.last_ns
    assert second.warnings == []
    assert second.counts.fills > 0
    assert second.attribution["transfers"] == first.attribution["transfers"]


def test_order_ids_begin_with_the_number_of_the_run(tmp_path):
    run_for(tmp_path / "session", duration_s=0.25)
    run_for(tmp_path / "session", duration_s=0.25)

    prefixes = {name[:3] for name in told(tmp_path / "session").orders}

    assert prefixes == {"001", "002"}


def test_everything_can_be_closed_at_the_end(tmp_path):
    result = run_for(tmp_path / "session", duration_s=0.6, policy="flatten")

    assert result.snapshot.positions == ()
    assert result.warnings == []


def test_a_strategy_that_raises_ends_alone_and_the_exit_code_says_so(tmp_path):
    setup, _, _ = market()
    shipped = structs.replace(setup.settings, strategies=setup.settings.strategies[:-1])
    broken = structs.replace(setup, settings=settings_with(shipped, Raising(instrument=PERP)))

    result = run_for(tmp_path / "session", broken, duration_s=0.35)

    assert result.exit_code == 12
    assert result.warnings == [
        "strategy imbalance_taker failed: ZeroDivisionError: division by zero"
    ]
    by_name = {one.strategy: one for one in result.snapshot.strategies}
    assert "ZeroDivisionError" in by_name["imbalance_taker"].idle
    assert any(one.strategy == "delta_hedge" for one in result.snapshot.positions)


def test_a_second_bot_on_the_same_session_is_refused(tmp_path):
    path = tmp_path / "session"
    run_for(path, duration_s=0.2)
    lock = SessionLock(path)

    with pytest.raises(AlreadyRunning, match="a session of its own for each bot") as raised:
        run_for(path, duration_s=0.2)
    lock.release()

    assert raised.value.exit_code == 10


def test_a_folder_that_nobody_may_write_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("not a folder")

    with pytest.raises(JournalError, match="give this user the folder") as raised:
        run_for(file / "session", duration_s=0.2)

    assert raised.value.exit_code == 11


def test_a_damaged_journal_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "session"
    run_for(path, duration_s=0.3)
    content = bytearray((path / "journal.sqlite").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = b"\xff" * 64
    (path / "journal.sqlite").write_bytes(content)

    with pytest.raises(JournalError, match="the journal as it was written"):
        run_for(path, duration_s=0.2)

    assert (path / "journal.sqlite").read_bytes() == bytes(content)


def test_a_full_disk_ends_it_with_what_was_acknowledged(tmp_path):
    path = tmp_path / "session"

    code, _, err = Process(path, 30, "full").end()

    assert code == 11, err
    assert "error[journal]" in err
    assert "Traceback" not in err
    run_for(path, duration_s=0.3)
    assert verify(path, settings_of).difference is None


def test_a_signal_ends_it_in_good_order_and_people_were_obeyed(tmp_path):
    path = tmp_path / "session"
    bot = Process(path, 60)
    shown = bot.until_it_trades()

    answer = command(path, "halt", strategy="delta_hedge", who="ann", why="test")
    halted = status(path)
    began = time.monotonic()
    bot.child.send_signal(signal.SIGTERM)
    code, _, err = bot.end()

    assert shown.mode == "paper"
    assert answer.notes == ("halt strategy delta_hedge by ann: test",)
    assert halted.halts == ("strategy delta_hedge: halted by ann: test",)
    assert (code, err) == (0, "")
    assert time.monotonic() - began < 25
    assert told(path).live == {}
    again = run_for(path, duration_s=0.3)
    assert again.snapshot.halts == halted.halts
    assert verify(path, settings_of).difference is None


def test_a_second_signal_ends_it_at_once(tmp_path):
    # Signals that the process has not looked at yet are one: a busy machine may need some tries.
    for attempt in range(4):
        bot = Process(tmp_path / f"session{attempt}", 60)
        bot.until_it_trades()
        os.kill(bot.child.pid, signal.SIGINT)
        os.kill(bot.child.pid, signal.SIGINT)
        time.sleep(0.01)
        if bot.child.poll() is None:
            os.kill(bot.child.pid, signal.SIGINT)
        code, _, err = bot.end()
        assert "Traceback" not in err
        if code == 130:
            return
        assert code in (0, -signal.SIGINT), err  # it had ended well before the second was heard
    raise AssertionError("no second signal was heard in four tries")
