"""The scenarios by name."""

from typing import Final

from bot.feeds.simulated.regimes import Regime
from bot.modes.simulate.faults import (
    Deleverages,
    FillsLate,
    FillsPartly,
    IsDown,
    LosesAnswers,
    LosesCancels,
    LosesOrder,
    Rejects,
    Settles,
    Which,
)
from bot.modes.simulate.scenario import Interval, Margin, Move, Notice, Scenario

UP: Final = Move(regime=Regime.TREND, at_s=60, for_s=120, size_bps=400)
"""So that who hedges what is held elsewhere has to trade."""
SECONDS: Final = 400
"""Of a market: the worst fault is over by half of it."""

SCENARIOS: Final = (
    Scenario(
        name="reject",
        sentence="The venue rejects one to four orders of a leg in a row.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(Rejects(which=Which.OTHER, nth=(1, 2), count=(1, 4)),),
    ),
    Scenario(
        name="reject_all",
        sentence="The venue rejects every order of a leg for 20 to 40 seconds.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(Rejects(which=Which.OTHER, nth=(1, 2), count=(1, 1), for_s=(20, 40)),),
    ),
    Scenario(
        name="partial_then_silence",
        sentence="An order fills by half; for 10 to 40 seconds nothing more is heard of the leg.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(FillsPartly(which=Which.OTHER, nth=(1, 2), for_s=(10, 40)),),
    ),
    Scenario(
        name="acknowledgement_lost",
        sentence="An order of a leg is taken and served, and nobody tells.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(LosesAnswers(which=Which.OTHER, nth=(1, 2)),),
    ),
    Scenario(
        name="order_lost",
        sentence="An order of a leg never arrives, and nobody tells.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(LosesOrder(which=Which.OTHER, nth=(1, 2)),),
    ),
    Scenario(
        name="cancel_lost",
        sentence="One to three cancels of the leg on margin never arrive.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(LosesCancels(which=Which.DERIVATIVE, nth=(1, 1), count=(1, 3)),),
    ),
    Scenario(
        name="fill_after_cancel",
        sentence="A cancel is confirmed; up to two seconds later the rest turns out to be filled.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(FillsLate(which=Which.DERIVATIVE, nth=(1, 1), late_ms=(20, 2_000)),),
    ),
    Scenario(
        name="outage",
        sentence="A leg's venue is gone for a minute while it is entered: no data, orders wait.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(IsDown(which=Which.OTHER, after_s=(1, 1), for_s=(60, 60)),),
    ),
    Scenario(
        name="outage_of_margin",
        sentence="The same at the venue of the leg on margin.",
        seconds=SECONDS,
        moves=(UP,),
        faults=(IsDown(which=Which.DERIVATIVE, after_s=(1, 3), for_s=(20, 60)),),
    ),
    Scenario(
        name="liquidation",
        sentence="Shorts are squeezed until the venue liquidates the leg on margin.",
        seconds=600,
        moves=(Move(regime=Regime.SQUEEZE, at_s=60, for_s=90, size_bps=900),),
        margin=Margin(leverage=20),
        person_s=300,
    ),
    Scenario(
        name="deleveraging",
        sentence="The venue takes 30 to 100 % of the leg on margin from us, to pay for another.",
        seconds=SECONDS,
        faults=(Deleverages(which=Which.DERIVATIVE, at_s=(60, 120), percent=(30, 100)),),
        person_s=180,
    ),
    Scenario(
        name="funding_interval",
        sentence="The perpetual goes over from funding every 8 hours to every hour.",
        seconds=4_300,
        slots_per_second=1,
        beat_s=20,
        interval=Interval(hours=1),
    ),
    Scenario(
        name="delisting",
        sentence="The leg on margin is traded no more, and settled 30 seconds later.",
        seconds=SECONDS,
        notice=Notice(which=Which.DERIVATIVE, at_s=120, for_s=30),
        faults=(Settles(which=Which.DERIVATIVE, at_s=(150, 150)),),
        lasting=True,
    ),
    Scenario(
        name="dislocation",
        sentence="The prices of one leg's venue go 300 bps away from all others, and come back.",
        seconds=SECONDS,
        moves=(
            Move(
                regime=Regime.DISLOCATION,
                at_s=120,
                for_s=90,
                size_bps=300,
                of=Which.DERIVATIVE,
                fault=True,
            ),
        ),
    ),
)
