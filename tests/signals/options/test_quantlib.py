"""Black-76 against QuantLib, for whoever has it installed: it is no dependency of ours."""

import math
import warnings
from random import Random

import pytest

from bot.signals.options.black76 import greeks
from bot.signals.options.implied import implied_volatility

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of its bindings, not of ours
    ql = pytest.importorskip("QuantLib", reason="QuantLib absent: optional, pip install QuantLib")

CASES = 300


def test_prices_greeks_and_volatilities_are_quantlibs():
    random, solved = Random(7), 0
    for _ in range(CASES):
        f, t = random.uniform(100, 100_000), 10 ** random.uniform(-3, 0.5)
        s = random.uniform(0.1, 2.0)
        k = f * math.exp(random.gauss(0, 1.5) * s * math.sqrt(t))
        call = random.random() < 0.5
        kind = ql.Option.Call if call else ql.Option.Put
        ours = greeks(call, f, k, t, s)

        theirs = ql.BlackCalculator(ql.PlainVanillaPayoff(kind, k), f, s * math.sqrt(t), 1.0)
        adjusted = ql.BlackDeltaCalculator(
            kind, ql.DeltaVolQuote.PaFwd, f, 1.0, 1.0, s * math.sqrt(t)
        )

        assert ours.value[0] == pytest.approx(theirs.value(), abs=1e-10 * f)
        assert ours.delta[0] == pytest.approx(theirs.deltaForward(), abs=1e-9)
        assert ours.gamma[0] == pytest.approx(theirs.gammaForward(), abs=1e-9 / f)
        assert ours.vega[0] * 100 == pytest.approx(theirs.vega(t), abs=1e-9 * f)
        assert ours.net_delta[0] == pytest.approx(adjusted.deltaFromStrike(k), abs=1e-9)
        if theirs.value() - max(0.0, (f - k) if call else (k - f)) > 1e-3 * f:
            solved += 1
            found = implied_volatility(call, f, k, t, theirs.value())[0]
            assert found == pytest.approx(s, abs=1e-8)
    assert solved > CASES / 3
