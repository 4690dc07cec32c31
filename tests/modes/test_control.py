import asyncio
import os
import socket
import stat

import msgspec
import pytest

from bot.engine.engine import Engine
from bot.errors import NotFoundError, UsageError
from bot.model.event import OperatorCommand
from bot.modes.control import FILE, Request, ask, command, socket_path, status
from bot.modes.listener import Listener, Operators
from bot.modes.recorder import Recorder
from bot.modes.snapshot import Exporter
from tests.modes.samples import market


class Running:
    """An engine that obeys at once, behind a real socket."""

    def __init__(self, folder) -> None:
        self.engine = Engine(market()[0].settings)
        self.durable = 0
        self.operators = Operators(self.enter, self.write)
        exporter = Exporter(self.engine.state, Recorder(1), str(folder), 1, lambda: 0)
        self.listener = Listener(
            socket_path(folder), self.operators, exporter.snapshot, tuple(self.engine.state.names)
        )

    def enter(self, make) -> None:
        self.operators.watch(self.engine.step(make(5)))

    async def write(self) -> None:
        self.durable += 1

    async def __aenter__(self):
        self.task = asyncio.get_running_loop().create_task(self.listener.serve())
        while not self._listens():  # noqa: ASYNC110  # it comes from a file system
            await asyncio.sleep(0.001)
        return self

    async def __aexit__(self, *error) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            return wire.connect_ex(os.fspath(self.listener.path)) == 0


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "session"
    path.mkdir()
    return path


async def test_a_command_reaches_the_engine_with_who_and_why_and_is_answered_when_durable(folder):
    async with Running(folder) as bot:
        answer = await asyncio.to_thread(
            command, folder, "pause", strategy="delta_hedge", who="ann", why="look at it"
        )

    assert answer.notes == ("pause strategy delta_hedge by ann: look at it",)
    assert answer.seq == 1
    assert bot.durable == 1
    assert bot.engine.state.halts.state()[0].scope.name == "delta_hedge"


async def test_status_is_the_state_as_a_value(folder):
    async with Running(folder):
        shown = await asyncio.to_thread(status, folder)

    assert shown.mode == "paper"
    assert [one.strategy for one in shown.strategies] == [
        "delta_hedge",
        "funding_arbitrage",
        "imbalance_taker",
    ]
    assert shown.equity == 0
    assert all(feed.mid is None for feed in shown.feeds)


async def test_a_halt_is_lifted_by_two_acts_only(folder):
    verbs = ("halt", "resume", "acknowledge", "resume")
    async with Running(folder):
        answers = [
            await asyncio.to_thread(command, folder, verb, strategy=None, who="ann", why="")
            for verb in verbs
        ]

    assert "expected to be acknowledged first" in answers[1].notes[0]
    assert answers[3].notes == ("resume total by ann: ",)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("stop"), 'got "stop", expected one of pause, resume'),
        (Request("pause", strategy="nobody"), 'got "nobody", expected a strategy of this bot'),
    ],
)
async def test_what_makes_no_sense_is_refused_and_reaches_nothing(folder, request_, message):
    async with Running(folder) as bot:
        with pytest.raises(UsageError, match=message):
            await asyncio.to_thread(ask, folder, request_)

    assert bot.engine.state.seq == 0


async def test_nonsense_on_the_wire_is_answered_and_a_long_line_ends_the_talk(folder):
    async with Running(folder):
        reader, writer = await asyncio.open_unix_connection(os.fspath(socket_path(folder)))
        writer.write(b"{]\n")
        answer = msgspec.json.decode(await reader.readline())
        writer.write(b"x" * 200_000 + b"\n")
        rest = await reader.read()
        writer.close()

    assert "makes no sense" in answer["error"]
    assert rest == b""


async def test_only_the_owner_may_open_the_socket(folder):
    async with Running(folder) as bot:
        mode = stat.S_IMODE(bot.listener.path.stat().st_mode)

    assert mode == 0o600
    assert not bot.listener.path.exists()


async def test_a_socket_that_a_killed_bot_left_behind_is_replaced(folder):
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(os.fspath(folder / FILE))
    left.close()

    with pytest.raises(NotFoundError, match="no bot that runs on it"):
        status(folder)
    async with Running(folder):
        shown = await asyncio.to_thread(status, folder)

    assert shown.run == 1


def test_without_a_bot_the_message_says_how_to_start_one(folder):
    with pytest.raises(NotFoundError, match="start it with `bot run`"):
        status(folder)


async def test_a_client_that_says_nothing_does_not_keep_the_bot_from_ending(folder):
    async with Running(folder) as bot:
        reader, writer = await asyncio.open_unix_connection(os.fspath(bot.listener.path))
        await asyncio.to_thread(status, folder)
        async with asyncio.timeout(2):
            await bot.__aexit__()
            rest = await reader.read()
        writer.close()

    assert rest == b""


async def test_a_folder_too_deep_for_a_socket_gets_one_elsewhere(tmp_path):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()

    async with Running(deep) as bot:
        shown = await asyncio.to_thread(status, deep)

    assert bot.listener.path.parent != deep
    assert stat.S_IMODE(bot.listener.path.parent.stat().st_mode) == 0o700
    assert shown.session == str(deep)


async def test_commands_wait_for_their_own_outcome():
    entered = []
    operators = Operators(entered.append, lambda: asyncio.sleep(0))
    first = asyncio.ensure_future(operators.obey(Request("pause", "ann")))
    second = asyncio.ensure_future(operators.obey(Request("halt", "bob")))
    await asyncio.sleep(0)
    engine = Engine(market()[0].settings)

    for make in reversed(entered):
        operators.watch(engine.step(make(7)))
    outcomes = [await first, await second]

    assert [one.event.who for one in outcomes] == ["ann", "bob"]
    assert all(isinstance(one.event, OperatorCommand) for one in outcomes)
