"""Margin tiers from what a venue stated of them: read, checked, and part of the configuration."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config.loading import parse
from bot.config.tiers import read_tiers
from bot.errors import ConfigError
from bot.modes.setup import of, simulated_venue
from bot.testing import listing
from bot.venues.simulated.accounts import FUND, MarginTerms
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.terms import Accruing, AtStamp, FairMark, RecordedMark
from tests.config.samples import WHOLE, spoiled

PERP = "sim:BTC/USDT:USDT"
OTHER = "sim:ETH/USDT:USDT"
MARKET = (listing(PERP), listing("sim:BTC/USDT"))
STATED = 'sim = [["0", "0.004"], ["50000", "0.005"]]'


def tier(floor, rate, leverage, cum) -> dict:
    return {
        "minNotional": floor,
        "maintenanceMarginRate": rate,
        "maxLeverage": leverage,
        "info": {"cum": cum},
    }


CCXT = {
    "BTC/USDT:USDT": [tier(0, 0.004, 125, 0), tier(50000, 0.005, 100, 50)],
    "ETH/USDT:USDT": [tier(0, 0.006, 75, 0)],
}
RAW = [
    {
        "symbol": "BTCUSDT",
        "brackets": [
            {
                "bracket": 2,
                "initialLeverage": 100,
                "notionalFloor": 50000,
                "maintMarginRatio": 0.005,
                "cum": 50.0,
            },
            {
                "bracket": 1,
                "initialLeverage": 125,
                "notionalFloor": 0,
                "maintMarginRatio": 0.004,
                "cum": 0.0,
            },
        ],
    }
]


def written(folder: Path, content, name: str = "tiers.json") -> Path:
    path = folder / name
    text = json.dumps(content).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


@pytest.mark.parametrize("name", ["tiers.json", "tiers.json.gz"])
def test_a_venue_stands_for_every_contract_in_the_file(tmp_path, name):
    written(tmp_path, CCXT, name)

    config = parse(spoiled(STATED, f'sim = {{ file = "{name}" }}'), "t.toml", tmp_path)

    tiers = config.venue(MARKET).tiers[PERP]
    assert tiers == (
        (Decimal(0), Decimal("0.004"), Decimal(125)),
        (Decimal(50_000), Decimal("0.005"), Decimal(100)),
    )
    assert set(config.file.margin) == {PERP, OTHER}
    # Risk reads the same rates, and the text needs the file no more.
    assert config.settings(MARKET, "e1").limits.tiers[PERP].tiers[1].deduction == 50
    again = parse(config.text, "t.toml", tmp_path / "nowhere")
    assert again.hash == config.hash


def test_one_contract_may_be_named_and_what_is_stated_wins(tmp_path):
    written(tmp_path, CCXT)
    text = f'"{OTHER}" = {{ file = "tiers.json" }}\n"{PERP}" = "cautious"'

    config = parse(spoiled(STATED, text), "t.toml", tmp_path)
    both = parse(
        spoiled(STATED, f'sim = {{ file = "tiers.json" }}\n"{PERP}" = "cautious"'),
        "t.toml",
        tmp_path,
    )

    assert config.file.margin[PERP] == both.file.margin[PERP] == "cautious"
    assert config.file.margin[OTHER] == ((Decimal(0), Decimal("0.006"), Decimal(75)),)


def test_the_venues_own_answer_is_read_in_the_order_of_its_floors(tmp_path):
    found = read_tiers(written(tmp_path, RAW), "here")

    assert found == {"BTCUSDT": [["0", "0.004", "125"], ["50000", "0.005", "100"]]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"A": [tier(0, 0.01, 50, 0), tier(100, 0.02, 25, 7)]}, "a maintenance amount of 7"),
        ({"A": [{"minNotional": 0}]}, "KeyError"),
        ([1, 2], "TypeError"),
    ],
)
def test_what_is_no_table_of_tiers_is_refused(tmp_path, content, said):
    with pytest.raises(ConfigError) as raised:
        read_tiers(written(tmp_path, content), "t.toml margin.sim.file")

    assert said in str(raised.value)
    assert "t.toml margin.sim.file" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sim", b"", "Expecting value"),
        ("sim", b"\x1f\x8bbroken", "margin.sim.file"),
        ("sim", None, "No such file"),
        ('"sim:DOGE/USDT:USDT"', json.dumps(CCXT).encode(), 'no "DOGE/USDT:USDT"'),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / "x.json").write_bytes(content)

    with pytest.raises(ConfigError) as raised:
        parse(spoiled(STATED, f'{name} = {{ file = "x.json" }}'), "t.toml", tmp_path)

    assert said in str(raised.value)


def test_the_recorded_tiers_of_a_venue_are_read_whole(recordings):
    path = recordings / "rest-recordings" / "binance" / "binance_leverage_tiers.json.gz"

    found = read_tiers(path, "here")

    assert len(found) > 500
    first, *_, last = found["BTC/USDT:USDT"]
    assert (first, last[0]) == (["0.0", "0.004", "150.0"], "1200000000.0")
    for steps in found.values():
        most = [Decimal(step[2]) for step in steps]
        assert most == sorted(most, reverse=True)


# --- what the venue is told ------------------------------------------------------------


def test_the_venue_holds_contracts_as_the_file_says():
    terms = (
        'spot_fees_in_received = false\nmargin = "isolated"\nleverage = "5"\n'
        'liquidation_fee = "0.01"\nliquidation_band = "0.03"\ninsurance = { USDT = "7" }\n'
        'loans.BTC = { hourly = "0.0001", quota = "2" }'
    )
    config = parse(
        spoiled("spot_fees_in_received = false", terms).replace(
            "lends_spot = false", "lends_spot = true"
        ),
        "t.toml",
        Path(),
    )

    venue = simulated_venue(of(config, MARKET, "e1"))

    held = [venue.books.margin_terms("sim", i) for i, _ in enumerate(venue.instruments)]
    by_name = dict(zip(venue.instruments, held, strict=True))
    assert by_name[PERP] == MarginTerms(isolated=True, leverage=Decimal(5))
    assert by_name["sim:BTC/USDT"] == MarginTerms()
    assert venue.books.wallet[FUND, "USDT"] == 7
    assert (FUND, "USDT") not in venue.wallets
    assert config.venue(MARKET).loans == {"BTC": (Decimal("0.0001"), Decimal(2))}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lends_spot = false", "lends_spot = true", "the price of what is lent"),
        ("lends_spot = false", 'lends_spot = false\nmargin = "isolated"', "a leverage with"),
        ("lends_spot = false", 'lends_spot = false\nleverage = "0"', "venue.leverage"),
        (STATED, 'sim = [["0", "0.004", "20"], ["9", "0.005", "50"]]', "falling"),
        (STATED, 'sim = [["0", "0.004", "20"], ["9", "0.005"]]', "not in others"),
        (STATED, 'sim = [["0", "0.004", "0.5"]]', "1 or more"),
    ],
)
def test_terms_that_do_not_fit_are_refused(old, new, said):
    with pytest.raises(ConfigError) as raised:
        parse(spoiled(old, new), "t.toml", Path())

    assert said in str(raised.value)


def test_fees_by_volume_and_of_options_reach_the_venue():
    more = (
        'taker = "0.0005"\ntiers = [["1000", "0", "0.0003"]]\npremium_cap = "0.125"\n'
        'delivery = "0.00025"\nstep = "0.00000001"'
    )
    config = parse(spoiled('taker = "0.0005"', more), "t.toml", Path())

    venue = simulated_venue(of(config, MARKET, "e1"))
    schedule = venue.listing(PERP).fees

    assert schedule.rate(Decimal(999), maker=False) == Decimal("0.0005")
    assert schedule.rate(Decimal(1000), maker=False) == Decimal("0.0003")
    assert (schedule.premium_cap, schedule.delivery) == (Decimal("0.125"), Decimal("0.00025"))
    assert schedule.step == Decimal("0.00000001")
    assert parse(config.text, "t.toml", Path()).hash == config.hash


def test_marks_and_funding_have_the_rules_that_are_stated():
    terms = f'lends_spot = false\nfunding = {{ "{PERP}" = "accruing" }}\nmarks = {{ sim = "fair" }}'
    config = parse(spoiled("lends_spot = false", terms), "t.toml", Path())

    venue = simulated_venue(of(config, MARKET, "e1"))
    usual = simulated_venue(of(parse(WHOLE, "t.toml", Path()), MARKET, "e1"))

    assert venue.listing(PERP).funding == Accruing()
    assert venue.listing(PERP).mark == FairMark()
    assert usual.listing(PERP).funding == AtStamp()
    assert usual.listing(PERP).mark == RecordedMark()


def test_what_is_said_of_a_venue_is_said_of_the_kinds_that_have_it():
    terms = 'lends_spot = false\nfunding = { sim = "accruing" }\nmarks = { sim = "fair" }'
    config = parse(spoiled("lends_spot = false", terms), "t.toml", Path())

    venue = simulated_venue(of(config, MARKET, "e1"))

    assert (venue.listing(PERP).funding, venue.listing(PERP).mark) == (Accruing(), FairMark())
    spot = venue.listing("sim:BTC/USDT")
    assert (spot.funding, spot.mark) == (AtStamp(), RecordedMark())


def test_only_a_perpetual_is_funded_all_the_time_and_coins_have_no_mark_of_the_venues():
    fees = FeeSchedule(Decimal(0), Decimal(0))
    with pytest.raises(ValueError, match="funding"):
        Listing(listing("sim:BTC/USDT"), fees, funding=Accruing())
    with pytest.raises(ValueError, match="mark"):
        Listing(listing("sim:BTC/USDT"), fees, mark=FairMark())
