"""`bot signals evaluate`: what signals would have told of moves to come, honestly."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.options import config_option, loaded, set_option
from bot.cli.output import emit_json, emit_table, json_option, moment, talk
from bot.cli.progress import Watched, progress
from bot.cli.signal_options import PATH, SECONDS, signal_option

if TYPE_CHECKING:
    from bot.model.units import InstrumentId
    from bot.modes.evaluating import Judged
    from bot.modes.observing import Terms

SEED: Final = 1


@click.command()
@click.argument("recordings", nargs=-1, required=True, type=PATH)
@signal_option
@config_option
@set_option
@click.option("--against", metavar="INSTRUMENT", help="Whose mid moves; default: the signal's.")
@click.option("--step", "step_s", type=SECONDS, default=1.0, show_default=True, help="Seconds.")
@click.option(
    "--horizon",
    "horizons_s",
    type=SECONDS,
    multiple=True,
    help="Seconds; may be repeated. Default: 1, 10, 60 and 300, and always the next move.",
)
@click.option(
    "--taker-bps", type=click.FloatRange(min=-100, max=1000), help="Taker fee, in place of a file's"
)
@click.option("--seed", type=click.IntRange(min=0), default=SEED, show_default=True)
@click.option("--draws", type=click.IntRange(min=100), default=2_000, show_default=True)
@click.option("--out", type=PATH, help="A folder for the page with plots and the CSV.")
@json_option
def evaluate(
    recordings: tuple[Path, ...],
    specs: tuple[str, ...],
    path: Path | None,
    assignments: tuple[str, ...],
    against: str | None,
    step_s: float,
    horizons_s: tuple[float, ...],
    taker_bps: float | None,
    seed: int,
    draws: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """What signals were worth over RECORDINGS: IC, hit rate, R², decay, turnover, edge after fees.

    Fees are those of --config or --taker-bps; without either, nothing is said of an edge after
    fees.
    """
    from bot.cli import signal_runs
    from bot.modes.evaluating import HORIZONS_S, Question, subject_of
    from bot.modes.evaluating import evaluate as judge
    from bot.recording.reader import Recording
    from bot.signals.evaluation.assess import Luck

    stated = signal_runs.stated(specs)
    config = loaded(path, assignments) if path is not None or assignments else None
    known = Recording.open(recordings).instruments
    questions = [
        Question(one.name, one.watch, subject_of(one.watch, known, against), one.output)
        for one in stated
    ]
    subjects = [one.against for one in questions]
    recording, sources, terms = signal_runs.opened(recordings, stated, config, subjects)
    with progress("evaluate") as shown:
        watched = sources if shown is None else [Watched(each, shown) for each in sources]
        judged = judge(
            watched,
            terms,
            questions,
            step_s=step_s,
            horizons_s=horizons_s or HORIZONS_S,
            taker_fees=_fees(terms, taker_bps),
            luck=Luck(seed, draws),
        )
    said = {
        "recording": ", ".join(map(str, recordings)),
        "from": moment(recording.span[0]) + " UTC",
        "to": moment(recording.span[1]) + " UTC",
        "looked at": f"every {step_s:g} s, before what is received at that time",
        "bootstrap": f"seed {seed}, {draws:,} draws of blocks",
    }
    files = [] if out is None else _write(judged, stated, said, out)
    if as_json:
        emit_json({**said, "seed": seed, "draws": draws, "files": files, "signals": _plain(judged)})
        return
    _tell(judged, seed, draws)
    for file in files:
        talk(str(file))


def _fees(terms: "Terms", taker_bps: float | None) -> "dict[InstrumentId, float]":
    if taker_bps is not None:
        return {one.id: taker_bps / 1e4 for one in terms.instruments}
    return {name: float(one.taker) for name, one in terms.fees.items()}


def _write(judged: "list[Judged]", stated: Any, said: dict[str, str], out: Path) -> list[Path]:
    from bot.cli import signal_runs
    from bot.report.worth import write_worth

    told = signal_runs.spread(signal_runs.told(stated), [one.observed for one in judged])
    return list(write_worth(judged, told, said, out))


def _plain(judged: "list[Judged]") -> list[dict[str, Any]]:
    from msgspec.structs import asdict

    return [
        {
            "name": one.name,
            "stated": one.stated,
            "against": one.against,
            "mid": one.mid,
            "taker_fee": one.taker_fee,
            **asdict(one.assessment),
        }
        for one in judged
    ]


def _tell(judged: "list[Judged]", seed: int, draws: int) -> None:
    from bot.report.worth import FIGURES, MEANING, reasons, summary, text_rows

    emit_table(("signal", "horizon", *(name for _, name, _ in FIGURES)), text_rows(judged))
    for one in judged:
        click.echo(f"\n{one.name}: {one.assessment.verdict}")
        for name, value in summary(one).items():
            click.echo(f"  {name:<16}{value}")
        for what, why in reasons(one):
            click.echo(f"  none for {what}: {why}")
    click.echo(f"\n{MEANING} Seed {seed}, {draws:,} draws.")
