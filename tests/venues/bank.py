"""A venue of every kind of contract with several accounts, beside the ledger that must equal it."""

from decimal import Decimal, localcontext
from random import Random

from bot.ledger.ledger import Ledger
from bot.model.command import OrderType, Side, TimeInForce
from bot.model.event import (
    Deleveraged,
    Event,
    Fill,
    FundingPaid,
    FundingRate,
    InterestPaid,
    Liquidated,
    Settled,
    Transfer,
)
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.money import MONEY
from bot.model.units import (
    NS_PER_HOUR,
    NS_PER_SECOND,
    AccountId,
    Currency,
    InstrumentId,
    StrategyName,
)
from bot.tape.builder import BlockBuilder
from bot.tape.rows import ASK, BID, INDEX, LEVEL, MARK, SCALAR, SCALAR_SCALE, SNAPSHOT
from bot.venues.simulated.accounts import FUND, MarginTerms
from bot.venues.simulated.fees import FeeSchedule, FeeTier
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Tier
from bot.venues.simulated.standard_margin import OptionMargin, SizeMargin
from bot.venues.simulated.terms import Accruing, ExpiryTerms, LiquidationTerms, Loan
from bot.venues.simulated.venue import SimulatedVenue
from tests.ledger.market import NOWHERE
from tests.venues.market import order

START_NS = 1_700_000_000 * NS_PER_SECOND
EXPIRY_NS = START_NS + 2 * NS_PER_HOUR
USDT, BTC, USD = Currency("USDT"), Currency("BTC"), Currency("USD")
ANN, BEN, CAT = AccountId("ann"), AccountId("ben"), AccountId("cat")
ACCOUNTS = (ANN, BEN, CAT)

PERP = InstrumentId("sim:BTC/USDT:USDT")
COIN = InstrumentId("sim:BTC/USD:BTC")
SPOT = InstrumentId("sim:BTC/USDT")
FUTURE = InstrumentId("sim:BTC/USDT:USDT-231114")
CALL = InstrumentId("sim:BTC/USDT:USDT-231114-100-C")
COIN_PUT = InstrumentId("sim:BTC/USD:BTC-231114-100-P")
NAMES = (PERP, COIN, SPOT, FUTURE, CALL, COIN_PUT)
OPTIONS = (CALL, COIN_PUT)

TIERS = (
    Tier(Decimal(0), Decimal("0.01"), Decimal(50)),
    Tier(Decimal(2000), Decimal("0.02"), Decimal(25)),
    Tier(Decimal(8000), Decimal("0.05"), Decimal(10)),
)
COIN_TIERS = (
    Tier(Decimal(0), Decimal("0.01"), Decimal(50)),
    Tier(Decimal(20), Decimal("0.03"), Decimal(15)),
)
FEES = FeeSchedule(
    Decimal("-0.0001"),
    Decimal("0.0005"),
    tiers=(FeeTier(Decimal(100_000), Decimal("-0.0002"), Decimal("0.0004")),),
    delivery=Decimal("0.00025"),
)
OPTION_FEES = FeeSchedule(
    Decimal("0.0003"), Decimal("0.0003"), premium_cap=Decimal("0.125"), delivery=Decimal("0.00015")
)
BOOKED = (Fill, FundingPaid, InterestPaid, Liquidated, Deleveraged, Settled, Transfer)
LIQUIDATION = LiquidationTerms(Decimal("0.01"), Decimal("0.05"))


def contract(name: InstrumentId, kind: Kind, **terms: object) -> Instrument:
    quote, _, rest = name.partition("/")[2].partition(":")
    settle = rest.partition("-")[0] or quote
    fields = {
        "id": name,
        "kind": kind,
        "base": BTC,
        "quote": Currency(quote),
        "settle": Currency(settle),
        "grid": PriceGrid(Decimal("0.5")),
        "lot": Decimal("0.1"),
    } | terms
    return Instrument(**fields)  # type: ignore[arg-type]


def listings() -> dict[InstrumentId, Listing]:
    dated = {"expiry_ns": EXPIRY_NS}
    coin = {"lot": Decimal(1), "contract_size": Decimal(10), "inverse": True}
    call = dated | {"strike": Decimal(100), "call": True}
    put = dated | {"strike": Decimal(100), "call": False, "inverse": True}
    return {
        PERP: Listing(contract(PERP, Kind.PERPETUAL), FEES, TIERS, liquidation=LIQUIDATION),
        COIN: Listing(
            contract(COIN, Kind.PERPETUAL, **coin),
            FEES,
            COIN_TIERS,
            liquidation=LIQUIDATION,
            funding=Accruing(),
        ),
        SPOT: Listing(contract(SPOT, Kind.SPOT), FEES, borrows=True),
        FUTURE: Listing(
            contract(FUTURE, Kind.FUTURE, **dated),
            FEES,
            margin=SizeMargin(Decimal("0.02"), Decimal("0.01"), Decimal("0.0001")),
            liquidation=LIQUIDATION,
            expiry=ExpiryTerms(sample_ns=10 * NS_PER_SECOND),
            session_ns=NS_PER_HOUR,
        ),
        CALL: Listing(contract(CALL, Kind.OPTION, **call), OPTION_FEES, margin=OptionMargin()),
        COIN_PUT: Listing(
            contract(COIN_PUT, Kind.OPTION, **put, grid=PriceGrid(Decimal("0.005"))),
            OPTION_FEES,
            margin=OptionMargin(),
        ),
    }


class Bank:
    """Venue and ledger side by side; every look compares them to the last digit."""

    def __init__(
        self, seed: int, *, fund: str = "0", deposit: str = "300", future: Listing | None = None
    ) -> None:
        self.dice = Random(seed)
        self.now = START_NS
        self.price = Decimal(100)
        money = {USDT: Decimal(deposit), BTC: Decimal(deposit) / 100}
        self.deposits = {account: dict(money) for account in ACCOUNTS}
        self.deposits[FUND] = {USDT: Decimal(fund), BTC: Decimal(fund) / 100}
        self.listings = listings() if future is None else listings() | {FUTURE: future}
        self.venue = SimulatedVenue(
            NAMES,
            (1024,) * len(NAMES),
            self.listings,
            self.deposits,
            Constant(1, 0),
            0,
            loans={c: Loan(Decimal("0.0001"), Decimal(500)) for c in (BTC, USDT)},
        )
        self.ledger = Ledger({name: one.instrument for name, one in self.listings.items()}, USDT)
        self.events: list[Event] = []
        self.orders = 0
        self.sent: dict[str, int] = {}
        self.looks = 0

    # --- what happens ------------------------------------------------------------------

    def market(self, price: Decimal, *, depth: int | None = 40, off: int = 0) -> None:
        """Books and marks around a price; off: ticks between the book and the mark.

        depth: lots at a level; 0: nobody bids, None: nobody quotes at all.
        """
        self.price = price
        builder = BlockBuilder(NAMES)
        for i, name in enumerate(NAMES):
            instrument = self.listings[name].instrument
            at = self.premium(name) if name in OPTIONS else price
            mid = int(at / instrument.grid.tick) - off
            builder.begin(self.now, self.now, i, SNAPSHOT)
            for k in range(0 if depth is None else 3):
                if mid - k > 0 and depth:
                    builder.row(LEVEL, BID, mid - k, depth)
                builder.row(LEVEL, ASK, mid + 1 + k, max(1, depth or 0))
            builder.end()
            builder.begin(self.now, self.now, i, 0)
            if name != SPOT:
                builder.row(SCALAR, MARK, int(at * SCALAR_SCALE), 0)
                builder.row(SCALAR, INDEX, int(price * SCALAR_SCALE), 0)
            builder.end()
        self.venue.feed(builder.take())

    def premium(self, name: InstrumentId) -> Decimal:
        """A premium that stays above what exercising is worth."""
        terms = self.listings[name].instrument
        assert terms.strike is not None
        ahead = self.price - terms.strike if terms.call else terms.strike - self.price
        worth = max(ahead, Decimal(0)) + 4
        return worth if name == CALL else (worth / self.price).quantize(Decimal("1e-4"))

    def place(
        self, account: AccountId, name: InstrumentId, side: Side, size: int, ticks: int
    ) -> None:
        """A limit order, now and then one that does not rest."""
        self.orders += 1
        self.sent[f"o{self.orders}"] = size
        kind = self.dice.choice([TimeInForce.GTC, TimeInForce.IOC])
        made = order(
            f"o{self.orders}",
            side,
            size,
            ticks,
            name=name,
            type=OrderType.LIMIT,
            time_in_force=kind,
            reduce_only=self.dice.random() < 0.1,
            account=account,
        )
        self.venue.submit(made, self.now)

    def rate(self, value: str, settles_ns: int) -> None:
        """A rate of funding for the linear perpetual."""
        self.venue.market_event(
            FundingRate(
                ts_recv=self.now,
                ts_venue=self.now,
                instrument=PERP,
                rate=Decimal(value),
                settles_ns=settles_ns,
                settled=False,
            )
        )

    def pass_time(self, ns: int) -> None:
        """Let the venue do everything up to then, and look after each thing that it says."""
        self.now += ns
        self.venue.quiet_until(self.now + 1)
        while True:
            self.venue.advance(self.now, pausing=True)
            if not self.hear():
                break

    def hear(self) -> bool:
        """Book what was said since the last look, and compare."""
        heard = self.venue.take_events()
        self.events += heard
        for event in heard:
            self.book(event)
        self.look()
        return bool(heard)

    def book(self, event: Event) -> None:
        """Put an event through the ledger; each account is one strategy's."""
        if isinstance(event, BOOKED):
            self.ledger.apply(event, StrategyName(event.account), NOWHERE, None)

    # --- what must hold ----------------------------------------------------------------

    def look(self) -> None:
        """Wallets and positions are the ledger's, nothing came from nowhere, all carry theirs."""
        self.looks += 1
        with localcontext(MONEY):
            for account in ACCOUNTS:
                for currency in (USDT, BTC):
                    brought = self.deposits[account][currency]
                    booked = self.ledger.wallet(account, currency) + brought
                    stated = self.venue.wallets[account, currency]
                    assert booked == stated, (account, currency, booked - stated, self.events[-3:])
                for name in NAMES:
                    stands = self.venue.positions.get((account, name), 0)
                    assert self.ledger.quantity(account, name) == stands, (account, name)
            for judged in self.venue._clearing.solvency.judge_all():
                assert not judged.called, judged
            for currency in (USDT, BTC):
                assert self.circulating(currency) == sum(
                    each[currency] for each in self.deposits.values()
                )

    def circulating(self, currency: Currency) -> Decimal:
        """All wallets, and what open contracts have still to pay each other."""
        books = self.venue.books
        with localcontext(MONEY):
            total = sum(
                (amount for (_, c), amount in books.wallet.items() if c == currency), Decimal(0)
            )
            for (_, i), amount in books.isolated.items():
                total += amount if books.instruments[i].settle == currency else 0
            for (_, i), position in books.position.items():
                terms = books.instruments[i]
                if terms.kind in (Kind.PERPETUAL, Kind.FUTURE) and terms.settle == currency:
                    total -= position.cost
            return total


def live(bank: Bank, steps: int) -> None:
    """A random life: prices that jump, orders, transfers, leverage, funding, interest, expiry."""
    dice = bank.dice
    settles_ns = bank.now + 900 * NS_PER_SECOND
    bank.market(bank.price)
    for _ in range(steps):
        move = dice.choice([0, 1, -1, 2, -2, dice.randint(-30, 30) if dice.random() < 0.3 else 0])
        price = max(Decimal(20), bank.price + Decimal(move) / 2)
        off = dice.choice([0, 0, 0, 3, -3, 20, -20])
        bank.market(price, depth=dice.choice([40, 40, 5, 0]), off=off)
        for _ in range(dice.randint(0, 4)):
            name = dice.choice(NAMES)
            terms = bank.listings[name].instrument
            at = bank.premium(name) if name in OPTIONS else price
            ticks = max(1, int(at / terms.grid.tick) + dice.randint(-4, 4))
            account = dice.choice(ACCOUNTS)
            size = dice.choice([1, 3, 10, 30, 120, 400])
            bank.place(account, name, dice.choice(list(Side)), size, ticks)
        if dice.random() < 0.1:
            bank.rate(dice.choice(["0.001", "-0.002", "0.01"]), settles_ns)
        if bank.now > settles_ns:
            settles_ns += 900 * NS_PER_SECOND
        ask(bank)
        bank.pass_time(
            dice.choice([1, 1000, NS_PER_SECOND, 60 * NS_PER_SECOND, 400 * NS_PER_SECOND])
        )


def ask(bank: Bank) -> None:
    """What accounts ask for besides orders, now and then."""
    dice, treasury = bank.dice, bank.venue.treasury
    account, other = dice.sample(ACCOUNTS, 2)
    i = dice.choice([0, 1, 3])
    chance = dice.random()
    if chance < 0.1:
        amount = Decimal(dice.randint(1, 300)) / 7
        with localcontext(MONEY):
            amount = amount.quantize(Decimal("1e-8"))
        reference = f"r{len(bank.events)}"
        treasury.transfer(account, other, dice.choice([USDT, BTC]), amount, reference)
    elif chance < 0.2:
        leverage = Decimal(dice.choice([2, 5, 10]))
        treasury.hold(account, i, MarginTerms(dice.random() < 0.6, leverage))
    elif chance < 0.3:
        treasury.add_margin(account, i, Decimal(dice.randint(-20, 20)) / 3)
    bank.hear()
