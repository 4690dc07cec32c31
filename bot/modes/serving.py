"""The simulated venue served on loopback: a market behind it, faces before it, until stopped."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
from aiohttp import web
from aiohttp.web_request import BaseRequest
from msgspec import Struct

from bot.book.books import window_for
from bot.book.layout import KNOWN, STATUS
from bot.errors import ConfigError, DataError, UsageError
from bot.model.event import AnyEvent
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_SECOND, AccountId, Currency
from bot.modes.clock import MONOTONIC, WALL
from bot.modes.pacing import SLICE_S, Paced
from bot.modes.sources import Quiet, time_of
from bot.modes.tasks import Tasks
from bot.tape.merge import Source, merge
from bot.tape.rows import TOUCH, Block
from bot.venues.server import tls
from bot.venues.server.accounts import Member, Members, made_up
from bot.venues.server.admin import Admin
from bot.venues.server.binance.face import BinanceFace
from bot.venues.server.calendar import Calendar
from bot.venues.server.deribit.face import DeribitFace
from bot.venues.server.door import Door
from bot.venues.server.face import Served
from bot.venues.server.faults import Faults
from bot.venues.server.listings import listing_of
from bot.venues.server.world import World
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.venue import SimulatedVenue

HOST: Final = "127.0.0.1"
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
WARM_NS: Final = 120 * NS_PER_SECOND
"""So much of a market may pass before every book in it is known."""
GRACE_S: Final = 1.0
LINE_BYTES_MAX: Final = 1 << 16
"""A batch of orders in a query takes more than the usual 8 KiB."""
UNKNOWN_PRICE: Final = 1 << 16
"""Ticks; a window that turns out too small is slow and not wrong."""
_Items = Iterator[Block | AnyEvent]


class ServingOptions(Struct, frozen=True, kw_only=True):
    """How it is served. port: of TLS, then plain and admin on the two after it; 0: any free.

    speed: seconds of the market in one on the wall. deposits: what each wallet begins with.
    enforced: whether limits refuse. duration_s: None: until it is stopped.
    """

    port: int
    secure: bool
    speed: float
    deposits: dict[str, dict[Currency, Decimal]]
    enforced: bool = True
    duration_s: float | None = None


class Address(Struct, frozen=True, kw_only=True):
    """Where clients find it. secure: None without TLS; ca: what they must trust."""

    secure: int | None
    plain: int
    admin: int
    ca: str | None


class Ready(Struct, frozen=True, kw_only=True):
    """Everything that a client needs."""

    address: Address
    members: tuple[Member, ...]
    instruments: tuple[str, ...]


class Serving:
    """One served venue. told: called once, when clients may come."""

    def __init__(
        self,
        sources: Sequence[Source],
        instruments: Sequence[Instrument],
        members: tuple[Member, ...],
        chance: Callable[[int], bytes],
        options: ServingOptions,
        told: Callable[[Ready], None],
    ) -> None:
        self._options = options
        self._members = members
        self._told = told
        self._items: _Items = merge(sources)
        self._stop = asyncio.Event()
        self.world = self._world(instruments)
        known = Members(members)
        self.face = BinanceFace(self.world, known, WALL, chance, enforced=options.enforced)
        self.world.faces.append(self.face)
        self.deribit = DeribitFace(self.world, known, WALL, chance)
        self.world.faces.append(self.deribit)
        faces: tuple[Served, ...] = (self.deribit, self.face)
        self.door = Door(faces, Faults(), WALL)

    def stop(self) -> None:
        """Come to an end."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until stopped."""
        folder = Path(tempfile.mkdtemp(prefix="bot-venue-"))
        try:
            async with Tasks() as tasks:
                await self._serve(tasks, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _serve(self, tasks: Tasks, folder: Path) -> None:
        options = self._options
        doors, admin = _runner(self.door.handle), _runner(Admin(self.door).handle)
        await doors.setup()
        await admin.setup()
        try:
            address = await self._listen(doors, admin, folder)
            market = tasks.spawn("market", self._market())
            tasks.spawn("sockets", self._look_after())
            self._told(
                Ready(
                    address=address,
                    members=self._members,
                    instruments=tuple(sorted(self.world.listings)),
                )
            )
            ending = tasks.spawn("end", self._until(options.duration_s), ends=True)
            await tasks.until(ending)
            market.cancel()
        finally:
            for socket in self.door.sockets:
                socket.close(1001, "going away")
                socket.abort()
            await doors.cleanup()
            await admin.cleanup()

    async def _listen(
        self, doors: web.ServerRunner, admin: web.ServerRunner, folder: Path
    ) -> Address:
        options, port = self._options, self._options.port
        secure = ca = None
        if options.secure:
            hosts = tuple(host for face in self.door.faces for host in face.hosts)
            path, context = tls.make(folder, hosts, WALL() // NS_PER_SECOND)
            ca = str(path)
            secure = await _open(web.TCPSite(doors, HOST, port, ssl_context=context), port)
            port += 1 if port else 0
        plain = await _open(web.TCPSite(doors, HOST, port), port)
        port += 1 if port else 0
        return Address(
            secure=secure,
            plain=plain,
            admin=await _open(web.TCPSite(admin, HOST, port), port),
            ca=ca,
        )

    async def _until(self, duration_s: float | None) -> None:
        try:
            async with asyncio.timeout(duration_s):
                await self._stop.wait()
        except TimeoutError:
            pass

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.door.look_after()

    async def _market(self) -> None:
        """Let the market happen, slice by slice; after its end, let time go on."""
        world, speed = self.world, self._options.speed
        paced = Paced(self._items, start_ns=world.now_ns, speed=speed, clock=MONOTONIC)
        while (item := await paced.next(0)) is not None:
            if isinstance(item, Block):
                world.take(item)
            elif isinstance(item, Quiet):
                world.quiet_until(item.until_ns)
            else:
                world.hear(item)
        last_ns = MONOTONIC()
        while True:
            await asyncio.sleep(SLICE_S)
            now_ns = MONOTONIC()
            world.quiet_until(world.now_ns + 1 + int((now_ns - last_ns) * speed))
            last_ns = now_ns

    def _world(self, instruments: Sequence[Instrument]) -> World:
        """The venue at the first moment at which every book of its market is known."""
        found = {each.id: listing for each in instruments if (listing := listing_of(each))}
        if not found:
            raise DataError(
                "bot venue --market",
                "no spot pair and no perpetual",
                "something that Binance or Deribit lists",
                "name another recording",
            )
        _refuse_twins(found.values())
        first, self._items = _first_block(self._items)
        names = first.instruments
        windows = tuple(window_for(_price(first, i)) for i in range(len(names)))
        accounts = {
            AccountId(f"{member.name}.{wallet}"): dict(held)
            for member in self._members
            for wallet, held in self._options.deposits.items()
        }
        venue = SimulatedVenue(names, windows, found, accounts, Constant(0, 0), 0, ids_return=True)
        world = World(venue, found, accounts, Calendar(0, 0, 1.0))
        started_ns = self._warm(world, time_of(first))
        world.start(Calendar(started_ns, WALL(), self._options.speed))
        return world

    def _warm(self, world: World, begun_ns: int) -> int:
        """Let the market happen at once until every book is known, or for two minutes of it."""
        now_ns = begun_ns
        while (item := next(self._items, None)) is not None:
            if isinstance(item, Block):
                end = max(item.before(item.first_ns + NS_PER_SECOND), item.start + 1)
                if end < item.stop:
                    self._items = chain([item.part(end, item.stop)], self._items)
                    item = item.part(item.start, end)
                now_ns = item.last_ns
                world.take(item)
            else:
                now_ns = item.ts_recv
                world.hear(item)
            world.quiet_until(now_ns)
            known = world.venue.book.head[:, STATUS] & KNOWN
            if bool(known.all()) or now_ns > begun_ns + WARM_NS:
                break
        return now_ns


def _refuse_twins(listings: Iterable[Listing]) -> None:
    """Two instruments that a face would call the same cannot both be served."""
    seen: dict[tuple[bool, str], Instrument] = {}
    for listing in listings:
        one = listing.instrument
        name = (one.kind is Kind.SPOT, f"{one.base}{one.quote}")
        if (other := seen.get(name)) is not None:
            raise UsageError(
                "bot venue --market",
                f"{other.id} and {one.id}",
                f"one market called {name[1]}",
                f"choose with --instrument {one.id}",
            )
        seen[name] = one


def _first_block(items: _Items) -> tuple[Block, _Items]:
    """The first block of a market, and the market with it."""
    before: list[Block | AnyEvent] = []
    for item in items:
        before.append(item)
        if isinstance(item, Block):
            return item, chain(before, items)
    raise DataError("bot venue --market", "no rows", "a market", "name another recording")


async def until_interrupted(serving: Serving) -> None:
    """Serve until a person stops it; a second time they end the process."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        serving.stop()
        for each in SIGNALS:
            loop.remove_signal_handler(each)

    for each in SIGNALS:
        loop.add_signal_handler(each, interrupted)
    await serving.run()


def members(keys: Sequence[tuple[str, str]], chance: Callable[[int], bytes]) -> tuple[Member, ...]:
    """Accounts with these keys and secrets; one that is made up when there are none."""
    if not keys:
        return (made_up("account1", chance),)
    return tuple(Member(f"account{n}", key, secret) for n, (key, secret) in enumerate(keys, 1))


def _runner(handle: Callable[[BaseRequest], Awaitable[web.StreamResponse]]) -> web.ServerRunner:
    server = web.Server(handle, access_log=None, max_line_size=LINE_BYTES_MAX)
    return web.ServerRunner(server, shutdown_timeout=GRACE_S)


def _price(first: Block, i: int) -> int:
    """About where an instrument of the first block trades, in ticks."""
    for m in np.flatnonzero(first.instrument[first.start : first.stop] == i) + first.start:
        at = slice(int(first.first[m]), int(first.first[m + 1]))
        shown = first.price[at][first.kind[at] <= TOUCH]
        if len(shown):
            return int(np.median(shown))
    return UNKNOWN_PRICE


async def _open(site: web.TCPSite, port: int) -> int:
    try:
        await site.start()
    except OSError as error:
        raise ConfigError(
            "bot venue --port",
            f"{port} ({error.strerror})",
            "a port that is free",
            "name another, or 0 for any",
        ) from error
    server = site._server
    assert isinstance(server, asyncio.Server), "it listens"
    return int(server.sockets[0].getsockname()[1])
