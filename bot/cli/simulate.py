"""`bot simulate`: a strategy through scenarios in which a leg breaks, and what came of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, overrides, set_option
from bot.cli.output import emit_json, emit_table, json_option, talk
from bot.errors import UsageError, quoted

if TYPE_CHECKING:
    from bot.modes.simulate.card import Card
    from bot.modes.simulate.scenario import Scenario

ALL = "all"
FAILED = 1


@click.command()
@click.option("--scenario", "names", multiple=True, help="Its name, or all; may be repeated.")
@click.option("--strategy", "strategies", multiple=True, help="Without it, each that is enabled.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The first.")
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True)
@config_option
@set_option
@json_option
def simulate(
    names: tuple[str, ...],
    strategies: tuple[str, ...],
    seeds: int,
    seed: int,
    processes: int,
    path: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> int:
    """Break a leg of a strategy in every way that is known, and see what it does.

    Without --config it is config/paper-venues.toml, where the legs stand at two venues. Ends with
    1 when anything failed, or was void because nothing happened.
    """
    from bot.modes.simulate.catalogue import SCENARIOS
    from bot.modes.simulate.run import configured, rehearse_all
    from bot.modes.simulate.scenario import named

    if not names:
        emit_table(("scenario", "what happens"), [(one.name, one.sentence) for one in SCENARIOS])
        return 0
    chosen: list[Scenario] = []
    for name in names:
        found = named(SCENARIOS, name)
        if found is None and name != ALL:
            known = ", ".join(one.name for one in SCENARIOS)
            raise UsageError(
                "bot simulate --scenario", quoted(name), f"all, or one of {known}", "name one"
            )
        chosen += SCENARIOS if found is None else (found,)
    config = configured(path, overrides(assignments))
    cards = rehearse_all(config, strategies, chosen, range(seed, seed + seeds), processes)
    if as_json:
        emit_json(cards)
    else:
        _tell(cards)
    return FAILED if any(card.why for card in cards) else 0


def _tell(cards: "list[Card]") -> None:
    emit_table(
        (
            "scenario",
            "strategy",
            "seed",
            "verdict",
            "open",
            "coin s",
            "quote s",
            "naked s",
            "loss",
            "recovered s",
            "ended",
        ),
        [
            (
                card.scenario,
                card.strategy,
                card.seed,
                card.verdict.upper() if card.why else card.verdict,
                f"{card.open_worst:.4f}",
                f"{card.coin_seconds:.3f}",
                f"{card.quote_seconds:.0f}",
                f"{card.naked_s:.2f}",
                f"{card.loss:.2f}",
                None if card.recovered_s is None else f"{card.recovered_s:.2f}",
                card.ended,
            )
            for card in cards
        ],
    )
    for card in cards:
        for why in card.why:
            talk(f"{card.verdict}: {card.scenario} {card.strategy} seed {card.seed}: {why}")
    passed = sum(not card.why for card in cards)
    talk(f"{passed} of {len(cards)} passed")
