"""A configuration that is right: what it becomes, where values come from, how it travels."""

import pickle
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.document import read_assignment, read_tables, value_text
from bot.config.latency import LineTerms
from bot.config.loading import load, parse
from bot.errors import ConfigError, UsageError
from bot.model.units import NS_PER_HOUR
from bot.plugins.shipped import shipped
from bot.risk.limits import MarkReference, Reference
from bot.risk.margin import CAUTIOUS_LINEAR
from bot.testing import listing
from tests.config.samples import WHOLE, spoiled

PERP = "sim:BTC/USDT:USDT"
SPOT = "sim:BTC/USDT"
MARKET = (listing(PERP), listing(SPOT))


def parsed(text: str = WHOLE, folder: Path = Path()):
    return parse(text, "test.toml", folder)


@pytest.mark.parametrize(
    "path", sorted(shipped("config").glob("*.toml")), ids=lambda path: path.name
)
def test_every_shipped_configuration_is_right(path: Path):
    config = load(path)

    assert config.strategies()
    assert parse(config.text, str(path), config.folder).hash == config.hash


def test_without_a_file_it_is_paper_trading_on_a_made_up_market():
    config = load()

    assert config.file.mode == "paper"
    assert config.file.simulated is not None
    assert [one.name for one in config.strategies()] == ["delta_hedge", "funding_arbitrage"]


def test_settings_say_what_the_file_says():
    settings = parsed().settings(MARKET, "e1")

    assert settings.epoch == "e1"
    assert [one.id for one in settings.instruments] == [SPOT, PERP]
    assert settings.fees[PERP].taker == Decimal("0.0005")
    assert settings.pegs == {"USDC": Decimal(1)}
    assert settings.accounts == {"sim": "sim"}
    assert settings.desk.patience.retry_ms_max == 30_000
    name, strategy = settings.strategies[0]
    assert name == "hedge"
    assert strategy.band == 0.25


def test_limits_are_exact_and_none_is_not_limited():
    book = parsed().settings(MARKET, "e1").limits

    limits = book.strategies["hedge"]
    assert limits.leverage_max == Decimal("2.5")
    assert limits.gross_notional_max == Decimal(50_000)
    assert limits.net_notional_max is None
    assert limits.price_collar_bps == {Reference.MARK: Decimal(100), Reference.MID: Decimal(50)}
    assert book.mark is MarkReference.VENUE
    assert book.total == book.accounts["sim"] == limits


def test_margins_serve_the_limits_and_the_venue():
    config = parsed()

    tiers = config.settings(MARKET, "e1").limits.tiers

    assert tiers.keys() == {PERP}
    assert config.venue(MARKET).tiers[PERP] == (
        (Decimal(0), Decimal("0.004")),
        (Decimal(50_000), Decimal("0.005")),
    )


def test_cautious_margins_are_the_ones_of_the_risk_room():
    config = parsed(spoiled('[["0", "0.004"], ["50000", "0.005"]]', '"cautious"'))

    assert config.settings(MARKET, "e1").limits.tiers[PERP] is CAUTIOUS_LINEAR


def test_times_become_nanoseconds_without_rounding():
    venue = parsed().venue(MARKET)

    assert venue.line == LineTerms.constant(2_500_000, 5_000_000)
    assert venue.decision_ns == 50_000
    assert venue.deposits == {"sim": {"USDT": Decimal(100_000)}}


def test_rules_of_orders_become_lots_and_ticks():
    rules = f'''[venue.rules."{PERP}"]
size_max = "5"
market_size_step = "0.002"
price_min = "100"
band_up = "1.05"
orders_max = 200
'''
    venue = parsed(WHOLE + rules).venue(MARKET)
    listed = {one.id: one for one in MARKET}[PERP]

    terms = venue.rules[PERP]

    assert terms.size_max == listed.lots(Decimal(5))
    assert terms.market_size_step == listed.lots(Decimal("0.002"))
    assert terms.price_min == listed.ticks(Decimal(100))
    assert (terms.band_up, terms.orders_max) == (Decimal("1.05"), 200)
    assert (terms.size_step, terms.position_max, terms.band_down) == (1, None, None)


def test_a_rule_between_two_lots_is_refused():
    rules = f'[venue.rules."{PERP}"]\nsize_max = "0.0000000001"\n'

    with pytest.raises(ConfigError, match="size_max"):
        parsed(WHOLE + rules).venue(MARKET)


def test_fees_of_an_instrument_win_over_those_of_its_venue():
    own = f'[fees."{PERP}"]\nmaker = "-0.0001"\ntaker = "0.0003"\n'

    fees = parsed(WHOLE + own).settings(MARKET, "e1").fees

    assert fees[PERP].maker == Decimal("-0.0001")
    assert fees[SPOT].maker == Decimal("0.0002")


def test_what_a_recording_does_not_know_is_added():
    terms = f'[market.instruments."{PERP}"]\nnotional_min = "100"\nfunding_interval_hours = 4\n'

    found = {one.id: one for one in parsed(WHOLE + terms).instruments(MARKET)}

    assert found[PERP].notional_min == Decimal(100)
    assert found[PERP].funding_interval_ns == 4 * NS_PER_HOUR
    assert found[SPOT] == MARKET[1]


def cascading(name: str, text: str = WHOLE) -> str:
    return text.replace('cascade = "none"', f'cascade = {{ "{name}" = "sampled" }}')


def test_a_watch_over_liquidations_is_what_the_file_says():
    settings = parsed(cascading(PERP)).settings(MARKET, "e1")

    [(name, watch)] = settings.cascades.items()
    assert name == watch.instrument == PERP
    assert watch.margin == 0.004
    assert watch.complete is False
    assert (watch.depth_bid.side, watch.depth_bid.within_bps) == ("bids", (200.0,))
    assert parsed().settings(MARKET, "e1").cascades == {}


def test_margins_that_are_cautious_for_us_are_not_those_of_the_others():
    """At two percent every position of fifty times and more would be dead on entry."""
    stated = WHOLE.replace('sim = [["0", "0.004"], ["50000", "0.005"]]', 'sim = "cautious"')
    assert stated != WHOLE

    [watch] = parsed(cascading(PERP, stated)).settings(MARKET, "e1").cascades.values()

    assert watch.margin == 0.005


@pytest.mark.parametrize("name", [SPOT, "sim:BTC/USDT:USDC"])
def test_only_a_perpetual_of_the_market_is_watched(name):
    with pytest.raises(ConfigError, match="cascade") as raised:
        parsed(cascading(name)).settings(MARKET, "e1")

    assert name in str(raised.value)
    assert PERP in str(raised.value)


def test_what_is_watched_must_have_its_margin_said():
    name = "sim:ETH/USDT:USDT"
    text = cascading(name).replace("[margin]\nsim", f'[margin]\n"{PERP}"')

    with pytest.raises(ConfigError, match="cascade watches") as raised:
        parsed(text).settings((*MARKET, listing(name)), "e1")

    assert f'margin."{name}"' in str(raised.value)


def test_an_instrument_that_the_market_has_not_is_named_with_its_key():
    config = parsed(spoiled(f'perp = "{PERP}"', 'perp = "sim:BTC/USD:USDT"'))

    with pytest.raises(ConfigError) as refused:
        config.settings(MARKET, "e1")

    assert refused.value.where == "test.toml strategies.hedge.perp"
    assert refused.value.seen == '"sim:BTC/USD:USDT"'
    assert refused.value.fix == f"did you mean {PERP}?"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("[fees.sim]", f'[fees."{SPOT}"]', f'fees."{PERP}"'),
        ('sim = [["0", "0.004"], ["50000", "0.005"]]', "", f'margin."{PERP}"'),
        ('order_size_max = "none"', f'order_size_max = {{ "{SPOT}" = 1 }}', "risk.order_size_max"),
    ],
)
def test_what_is_traded_must_have_fees_margins_and_bounds(old: str, new: str, where: str):
    config = parsed(spoiled(old, new))

    with pytest.raises(ConfigError) as refused:
        config.settings(MARKET, "e1")

    assert refused.value.where == f"test.toml {where}"


def test_what_is_only_watched_needs_no_margin():
    bitcoin = listing("other:BTC/USDT:USDT")

    settings = parsed().settings((*MARKET, bitcoin), "e1")

    assert bitcoin.id not in settings.fees
    assert bitcoin.id in {one.id for one in settings.instruments}


def test_the_hash_is_of_what_is_said_and_not_of_how():
    head, risk = WHOLE.split("[venue]")
    other = "# the same\n" + spoiled('leverage_max = "2.5"', 'leverage_max   = "2.50"')

    assert parsed(other).hash == parsed().hash
    assert parsed(head + "[control]\nenabled = true\n\n[venue]" + risk).hash == parsed().hash
    assert parsed(spoiled('leverage_max = "2.5"', 'leverage_max = "2.6"')).hash != parsed().hash


def test_the_text_reads_back_as_the_same_configuration():
    config = parsed()

    again = parse(config.text, "test.toml", config.folder)

    assert again.file == config.file
    assert again.text == config.text


def test_it_crosses_to_another_process():
    config = parsed()

    again = pickle.loads(pickle.dumps(config))

    assert again.file == config.file
    assert again.settings(MARKET, "e1") == config.settings(MARKET, "e1")


def test_each_value_is_shown_with_where_it_comes_from(tmp_path: Path):
    path = tmp_path / "paper.toml"
    path.write_text(WHOLE)

    config = load(
        path, [read_assignment("simulated.seed=9"), read_assignment("risk.leverage_max=3")]
    )

    shown = {each.key: (each.value, each.origin) for each in config.shown()}
    assert shown["simulated.seed"] == (9, "flag")
    assert shown["risk.leverage_max"] == ("3", "flag")
    assert shown["risk.accounts.sim.leverage_max"] == ("2.5", "file")
    assert shown["simulated.levels"] == (24, "default")
    assert shown["strategies.hedge.wake_bps"] == (1.0, "default")
    assert shown["strategies.hedge.band"] == (Decimal("0.25"), "file")


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("a.b=3", ("a", "b"), 3),
        ("a.b=2.5", ("a", "b"), Decimal("2.5")),
        ('a."x:Y/Z".b = "2"', ("a", "x:Y/Z", "b"), "2"),
        ("a.b=none", ("a", "b"), "none"),
        ("a=sim:BTC/USDT", ("a",), "sim:BTC/USDT"),
        ("a=true", ("a",), True),
    ],
)
def test_a_flag_is_read_as_toml_and_else_as_text(text: str, key: tuple[str, ...], value: object):
    assert read_assignment(text) == (key, value)


@pytest.mark.parametrize("text", ["", "a", "=3", "a b=3"])
def test_a_flag_that_assigns_nothing_is_refused(text: str):
    with pytest.raises(UsageError, match="key=value"):
        read_assignment(text)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_any_text_survives_being_written_as_toml(text: str):
    written = f"key = {value_text(text)}"

    assert read_tables(written, "test") == {"key": text}
