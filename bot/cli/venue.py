"""`bot venue`: the simulated venue on this machine, for any client that knows the real one."""

import asyncio
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.options import require_recorded
from bot.cli.output import emit_json, json_option, talk
from bot.cli.trade import seconds
from bot.errors import UsageError, quoted
from bot.model.units import Currency, InstrumentId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model.instrument import Instrument
    from bot.modes.serving import Ready
    from bot.tape.merge import Source

PORT: Final = 9443
SEED: Final = 1
SIMULATED: Final = "simulated"
DEPOSITS: Final = {
    "spot": {"USDT": "1000000", "BTC": "10", "ETH": "100"},
    "usdm": {"USDT": "1000000"},
    "deribit": {"BTC": "10", "ETH": "100", "USDT": "1000000"},
}
"""Play money: an account here can lose nothing that exists."""


@click.command()
@click.option("--market", default=SIMULATED, metavar="RECORDING", help="Or a made-up one.")
@click.option("--instrument", "names", multiple=True, help="Only these; may be repeated.")
@click.option("--port", type=click.IntRange(0, 65_533), default=PORT, help="TLS; 0: any free.")
@click.option("--speed", type=click.FloatRange(0.01, 1000), default=1.0, help="Times real time.")
@click.option("--seed", type=click.IntRange(min=0), default=SEED, help="Of the made-up market.")
@click.option("--key", "keys", multiple=True, metavar="KEY:SECRET", help="Only for this venue.")
@click.option("--deposit", "deposits", multiple=True, metavar="WALLET:ASSET=AMOUNT")
@click.option("--no-tls", is_flag=True, help="Plain HTTP only.")
@click.option("--no-limits", is_flag=True, help="Count what is asked, and refuse nothing.")
@click.option("--for", "duration", metavar="TIME", help="Stop after 20s, 5m, 1h ...")
@json_option
def venue(
    market: str,
    names: tuple[str, ...],
    port: int,
    speed: float,
    seed: int,
    keys: tuple[str, ...],
    deposits: tuple[str, ...],
    no_tls: bool,
    no_limits: bool,
    duration: str | None,
    as_json: bool,
) -> None:
    """Serve the simulated venue as Binance and as Deribit on loopback, with faults on demand.

    It listens on three ports from --port on: TLS, plain, and the admin's. Keys are made at start
    unless --key gives some. Never give it a key of a real account.
    """
    from bot.modes.chance import BYTES
    from bot.modes.serving import Ready, Serving, ServingOptions, members, until_interrupted

    sources, instruments = _market(market, names, seed)
    options = ServingOptions(
        port=port,
        secure=not no_tls,
        speed=speed,
        deposits=_deposits(deposits),
        enforced=not no_limits,
        duration_s=seconds(duration),
    )

    def told(ready: Ready) -> None:
        if market == SIMULATED:
            talk(f"seed {seed}")
        _tell(ready, as_json)

    accounts = members(_keys(keys), BYTES)

    async def serve() -> None:
        await until_interrupted(Serving(sources, instruments, accounts, BYTES, options, told))

    asyncio.run(serve())
    talk("the venue has closed")


def _market(
    market: str, names: tuple[str, ...], seed: int
) -> "tuple[Sequence[Source], Sequence[Instrument]]":
    if market != SIMULATED:
        from bot.recording.reader import Recording

        recording = Recording.open((Path(market),))
        for name in names:
            require_recorded(recording, name)
        found = recording.sources([InstrumentId(name) for name in names] or None)
        return found, [each.instrument for each in found]
    if names:
        raise UsageError("bot venue --instrument", names[0], "a recording", "name its --market")
    from bot.feeds.simulated.market import SimulatedMarket
    from bot.feeds.simulated.presets import one_of_each
    from bot.feeds.simulated.settings import MarketSettings
    from bot.model.units import NS_PER_SECOND
    from bot.modes.clock import WALL

    start_ns = WALL() // NS_PER_SECOND * NS_PER_SECOND
    made = SimulatedMarket(
        MarketSettings(seed=seed, start_ns=start_ns, chunk_s=4, contracts=one_of_each("sim"))
    )
    return made.sources(), made.instruments


def _keys(given: tuple[str, ...]) -> list[tuple[str, str]]:
    keys: list[tuple[str, str]] = []
    for pair in given:
        key, _, secret = pair.partition(":")
        if not (key and secret and pair.isascii()):
            raise UsageError("bot venue --key", "something else", "KEY:SECRET", "give both")
        if key in dict(keys):
            raise UsageError(
                "bot venue --key", "one key twice", "keys that differ", "leave one out"
            )
        keys.append((key, secret))
    return keys


def _deposits(given: tuple[str, ...]) -> dict[str, dict[Currency, Decimal]]:
    held = {
        wallet: {Currency(asset): Decimal(amount) for asset, amount in assets.items()}
        for wallet, assets in DEPOSITS.items()
    }
    for text in given:
        wallet, _, rest = text.partition(":")
        asset, _, amount = rest.partition("=")
        try:
            value = Decimal(amount)
        except InvalidOperation:
            value = Decimal("NaN")
        if wallet not in held or not asset or not (value.is_finite() and value >= 0):
            raise UsageError(
                "bot venue --deposit", quoted(text), "spot:BTC=10 or usdm:USDT=1000", "write it so"
            )
        held[wallet][Currency(asset)] = value
    return held


def _tell(ready: "Ready", as_json: bool) -> None:
    """What a client needs, on stdout, before anybody asks."""
    if as_json:
        emit_json(ready)
        return
    address = ready.address
    if address.secure is not None:
        click.echo(f"tls    https://127.0.0.1:{address.secure}  for *.binance.com, *.deribit.com")
        click.echo(f"ca     {address.ca}")
    click.echo(f"plain  http://127.0.0.1:{address.plain}  ws at /spot/ws /usdm/ws /ws/api/v2")
    click.echo(f"admin  http://127.0.0.1:{address.admin}  /faults /sockets /expire")
    for member in ready.members:
        click.echo(f"key    {member.key}")
        click.echo(f"secret {member.secret}")
    click.echo("trades " + " ".join(ready.instruments))
    talk("point a client's resolver at 127.0.0.1 and let it trust the CA; Ctrl-C ends it")
