"""Who does not hedge fails; what never happened is void; the same seed gives the same card."""

from pathlib import Path

import pytest

from bot.config.configuration import Config
from bot.errors import ConfigError, UsageError
from bot.modes.simulate.card import Verdict, stretches
from bot.modes.simulate.catalogue import SCENARIOS
from bot.modes.simulate.run import configured, only, rehearse, rehearse_all
from bot.modes.simulate.watch import Moment
from bot.plugins.shipped import shipped
from tests.modes.simulate.rehearsals import STRATEGIES, config, rehearsed, scenario

NAKED = '''
from bot import Base, InstrumentId, Spread, Strategy, Target, Urgency


class Naked(Strategy):
    """Says that it hedges, and holds one leg."""

    spot: InstrumentId
    perp: InstrumentId
    size: Base
    max_unhedged: Base

    def watches(self):
        return {"spread": Spread(self.perp, wake=1.0)}

    def decide(self, view):
        return Target(self.perp, -self.size, Urgency.URGENT)
'''

LOOSE = NAKED.replace("Naked", "Loose").replace(
    "return Target(self.perp, -self.size, Urgency.URGENT)",
    "held = view.position(self.spot)\n"
    "        legs = [Target(self.perp, -self.size, Urgency.URGENT)]\n"
    "        return [*legs, Target(self.spot, self.size, Urgency.PASSIVE)]",
)


def bad(folder: Path, source: str) -> Config:
    """The shipped configuration with a strategy of this source in the place of the arbitrage."""
    (folder / "bad.py").write_text(source)
    text = (shipped("config") / "paper-venues.toml").read_text()
    for line in ("hold_hours", "enter_bps", "exit_bps"):
        text = "\n".join(one for one in text.splitlines() if not one.startswith(line))
    text = text.replace('use = "funding_arbitrage"', 'use = "bad.py"')
    text = text.replace("size = 0.4", "size = 0.2")  # one leg alone is within every limit
    path = folder / "bad.toml"
    path.write_text(text)
    return only(configured(path, ()), "funding_arbitrage")


@pytest.mark.parametrize("name", [one.name for one in SCENARIOS])
def test_a_strategy_that_holds_one_leg_passes_nothing(name: str, tmp_path: Path):
    card = rehearse(bad(tmp_path, NAKED), scenario(name), 1)

    assert card.verdict is not Verdict.PASSED
    assert card.why


@pytest.mark.parametrize("name", ["deleveraging", "dislocation", "liquidation", "outage"])
def test_what_stands_open_is_what_fails_it(name: str, tmp_path: Path):
    card = rehearse(bad(tmp_path, NAKED), scenario(name), 1)

    assert card.verdict is Verdict.FAILED
    assert any("still stand open" in why for why in card.why)
    assert card.ended == "open"


def test_legs_that_are_not_kept_in_step_fail(tmp_path: Path):
    card = rehearse(bad(tmp_path, LOOSE), scenario("outage"), 1)

    assert card.verdict is Verdict.FAILED
    assert any("coins stood open" in why for why in card.why)


@pytest.mark.parametrize("name", ["acknowledgement_lost", "order_lost"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_who_asks_nobody_about_a_lost_order_fails(name: str, strategy: str):
    card = rehearse(config(strategy), scenario(name), 1, answer_ms=10**7)

    assert card.verdict is Verdict.FAILED
    assert any("nobody knows where they stand" in why for why in card.why)


def test_a_fault_that_never_comes_is_void():
    late = scenario("reject")
    (fault,) = late.faults
    never = type(late)(
        name="never",
        sentence="",
        seconds=60,
        faults=(type(fault)(which=fault.which, nth=(900, 900), count=(1, 1)),),
    )

    card = rehearse(config("funding_arbitrage"), never, 1)

    assert card.verdict is Verdict.VOID
    assert card.why == ["never came: Rejects"]


def test_a_fault_before_anything_was_traded_is_void():
    early = type(scenario("dislocation"))(
        name="early",
        sentence="",
        seconds=30,
        moves=(
            type(scenario("dislocation").moves[0])(regime="outage", at_s=0, for_s=29, fault=True),
        ),
    )

    card = rehearse(config("funding_arbitrage"), early, 1)

    assert card.verdict is Verdict.VOID
    assert card.why == ["nothing had been traded before the fault"]


@pytest.mark.parametrize("name", ["partial_then_silence", "outage", "deleveraging"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_how_blocks_are_cut_changes_nothing(name: str, strategy: str):
    whole = rehearsed(name, strategy, 2).card

    assert rehearse(config(strategy), scenario(name), 2, rows=64) == whole


def test_another_seed_is_another_run():
    one, other = (rehearsed("reject", "funding_arbitrage", seed).card for seed in (1, 2))

    assert one.outcome_hash != other.outcome_hash
    assert one.faults != other.faults


def test_processes_change_nothing():
    chosen = [scenario("order_lost")]
    alone = rehearse_all(configured(None, ()), STRATEGIES, chosen, (1,))

    assert rehearse_all(configured(None, ()), STRATEGIES, chosen, (1,), processes=2) == alone
    assert [card.strategy for card in alone] == list(STRATEGIES)


def test_a_strategy_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="delta_hedge"):
        rehearse_all(configured(None, ()), ["nobody"], [scenario("reject")], (1,))


def test_a_strategy_that_states_no_bound_cannot_be_judged():
    with_taker = configured(
        shipped("config") / "paper.toml", [(("strategies", "imbalance_taker", "enabled"), True)]
    )

    with pytest.raises(UsageError, match="max_unhedged"):
        rehearse(only(with_taker, "imbalance_taker"), scenario("reject"), 1)


def test_a_strategy_of_three_legs_is_refused():
    settled = only(configured(None, ()), "delta_hedge")
    strategy = settled.strategies()[0].strategy
    assert list(strategy.trades()) == ["north:ETH/USDT:USDT"]

    from bot.modes.made_up import market_settings
    from bot.modes.simulate.market import legs_of

    with pytest.raises(ConfigError, match="one contract on margin"):
        legs_of(market_settings(settled).listed()[:3], "three")


def test_a_stretch_ends_when_nothing_stands_open_any_more():
    def moment(at_s: int, coins: float) -> Moment:
        return Moment(at_s * 10**9, coins, {}, 100.0, 0.0, 0.0)

    seen = [moment(0, 0.0), moment(1, -2.0), moment(4, 0.5), moment(5, 0.0), moment(6, 1.0)]

    first, second = stretches(seen, 0.1)

    assert (first.start_ns, first.end_ns) == (10**9, 5 * 10**9)
    assert (first.coin_seconds, first.quote_seconds, first.open) == (6.5, 650.0, 2.0)
    assert (second.seconds, second.open) == (0.0, 1.0)
