"""Compiled, checked at every index, and as plain Python: a chain says the same to the last bit."""

import hashlib

import numpy as np
import pytest

from bot.signals.options.chain import Chain
from bot.signals.options.exposure import naive_contracts, zero_levels
from bot.signals.options.smile import mispricing, wings
from tests.signals.options.quotes import (
    FORWARD,
    SECOND,
    T0,
    book_of,
    listed,
    quoted,
    row_of,
    tickers_of,
)
from tests.signals.test_parity import said

pytestmark = pytest.mark.timeout(600)
"""Another process compiles everything anew, with checks: that takes minutes."""

IN_ANOTHER_PROCESS = """
from tests.signals.options.test_option_parity import digest
from bot.kernel import JIT
print(JIT, digest())
"""


def digest() -> str:
    """A chain with all that is wrong with real ones, its smiles, wings and levels."""
    options = listed(["260208", "260303"])
    odd = [
        (T0 + 1, 3, row_of(options[3], T0, bid=0)),
        (T0 + 2, 5, row_of(options[5], T0, ask=1)),
        (T0 + 3, 7, row_of(options[7], T0, mark_iv=np.nan)),
        (T0 + 4, 9, row_of(options[9], T0, underlying=FORWARD * 1.003)),
    ]
    chain = book_of(options, quoted(options, T0), tickers_of(options, odd)).compute(T0 + SECOND)
    found = hashlib.blake2b()
    for name in Chain.__struct_fields__:
        column = getattr(chain, name)
        if isinstance(column, np.ndarray):
            found.update(np.ascontiguousarray(column).tobytes())
    found.update(repr(chain.series).encode())
    for series in chain.series:
        assert series.smile is not None
        for adjusted in (False, True):
            at = wings(series.smile.svi, FORWARD, series.years, premium_adjusted=adjusted)
            found.update(repr(at).encode())
        rows = slice(series.first, series.stop, 2)
        k = np.log(chain.strike[rows] / FORWARD)
        off = mispricing(k, chain.iv[rows], chain.bid_iv[rows], chain.ask_iv[rows], series.years)
        assert off is not None
        found.update(off.iv.tobytes())
    held = naive_contracts(chain.call, chain.strike)
    years = (chain.expiry_ns - chain.at_ns) / 3.1536e16
    levels = zero_levels(chain.strike, years, chain.model_iv, held, chain.forward, FORWARD)
    found.update(repr(levels).encode())
    return found.hexdigest()


def test_plain_python_says_what_compiled_code_says_of_a_chain():
    assert said(IN_ANOTHER_PROCESS, NUMBA_DISABLE_JIT="1") == ["False", digest()]


def test_no_chain_reaches_outside_the_arrays():
    assert said(IN_ANOTHER_PROCESS, NUMBA_BOUNDSCHECK="1") == ["True", digest()]
