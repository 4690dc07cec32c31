"""The running bot's end of the control socket."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from bot.engine.outcome import Outcome
from bot.errors import JournalError, UsageError
from bot.model.event import AnyEvent, OperatorCommand
from bot.model.snapshot import Snapshot
from bot.model.units import StrategyName
from bot.modes.control import LINE_BYTES_MAX, VERBS, Answer, Request
from bot.modes.pacing import Entering

IDLE_S: Final = 30.0
CLIENTS_MAX: Final = 16


class Operators:
    """People's commands on their way into the engine, and its words on their way back."""

    def __init__(
        self, enter: Callable[[Entering], None], durable: Callable[[], Awaitable[None]]
    ) -> None:
        """enter: lets an event in. durable: waits until all records so far are on disk."""
        self._enter = enter
        self._durable = durable
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}

    async def obey(self, request: Request) -> Outcome:
        """Let a command in; returns what came of it once that is on disk."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def make(now: int) -> AnyEvent:
            command = OperatorCommand(
                ts_recv=now,
                ts_venue=now,
                verb=request.verb,
                who=request.who,
                why=request.why,
                strategy=None if request.strategy is None else StrategyName(request.strategy),
            )
            self._waiting[id(command)] = done
            return command

        self._enter(make)
        outcome = await done
        await self._durable()
        return outcome

    def watch(self, outcome: Outcome) -> None:
        """Look whether this step carried a command out."""
        if isinstance(outcome.event, OperatorCommand):
            done = self._waiting.pop(id(outcome.event), None)
            if done is not None and not done.done():
                done.set_result(outcome)


class Listener:
    """Answers on the socket as long as it is served."""

    def __init__(
        self,
        path: Path,
        operators: Operators,
        snapshot: Callable[[], Snapshot],
        strategies: tuple[str, ...],
    ) -> None:
        """Listen at a path that nobody else holds."""
        self.path = path
        self._operators = operators
        self._snapshot = snapshot
        self._strategies = strategies
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self) -> None:
        """Listen until cancelled; the socket is gone afterwards."""
        # The session is ours alone: a socket that lies there belonged to one that was killed.
        self.path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(
                self._talk, os.fspath(self.path), limit=LINE_BYTES_MAX
            )
        except OSError as error:
            raise UsageError(
                str(self.path), str(error), "a place for a socket", "use a local folder"
            ) from error
        finally:
            os.umask(before)
        try:
            await asyncio.Event().wait()
        finally:
            # Not `async with`: from 3.12 on that waits for clients who have nothing to say.
            server.close()
            for writer in self._writers:
                writer.close()
            self.path.unlink(missing_ok=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it hangs up, says nothing for long, or makes no sense."""
        self._writers.add(writer)
        try:
            while len(self._writers) <= CLIENTS_MAX:
                async with asyncio.timeout(IDLE_S):
                    line = await reader.readline()
                if not line:
                    break
                answer = await self._answer(line)
                writer.write(msgspec.json.encode(answer) + b"\n")
                async with asyncio.timeout(IDLE_S):
                    await writer.drain()
        except (TimeoutError, ValueError, OSError):
            pass  # Too slow, too long or gone: its own loss.
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            request = msgspec.json.decode(line, type=Request)
        except msgspec.MsgspecError as error:
            return Answer(error=f"a request that makes no sense: {error}")
        if request.verb == "status":
            return Answer(snapshot=self._snapshot())
        if request.verb not in VERBS:
            return Answer(error=f'"{request.verb}"')
        if request.strategy is not None and request.strategy not in self._strategies:
            return Answer(error=f'"{request.strategy}"')
        try:
            outcome = await self._operators.obey(request)
        except JournalError as error:
            return Answer(error=str(error))
        return Answer(notes=outcome.notes, seq=outcome.seq)
