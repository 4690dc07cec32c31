import pytest
from msgspec import structs

from bot.errors import DataError, JournalError
from bot.journal.port import RecordKind
from bot.journal.session import SessionReader
from bot.modes.verify import verify
from tests.modes.samples import PERP, Churn, market, run_for, settings_of, settings_with


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Two runs, both ended in good order."""
    path = tmp_path_factory.mktemp("verified") / "session"
    run_for(path, duration_s=0.25)
    run_for(path, duration_s=0.25)
    return path


def test_an_untouched_session_comes_to_the_same_again(session):
    records = [one for one in SessionReader(session).records() if one.kind is not RecordKind.RUN]

    verified = verify(session, settings_of)

    assert verified.difference is None
    assert verified.runs == 2
    assert verified.records == len(records)
    assert (verified.lost, verified.ahead) == (0, 0)
    verified.require_equal(session)


def base():
    settings = market()[0].settings
    return structs.replace(settings, strategies=settings.strategies[:-1])


def test_another_parameter_differs_at_the_first_decision_that_it_changes(session):
    def changed(terms):
        return settings_with(base(), Churn(instrument=PERP, size=0.02))

    verified = verify(session, changed)

    difference = verified.difference
    assert verified.run == 1
    assert difference.kind == "decision"
    assert '"quantity":0.01' in difference.expected
    assert '"quantity":0.02' in difference.seen
    first = next(
        one
        for one in SessionReader(session).records()
        if one.kind is RecordKind.DECISION and b"imbalance_taker" in one.payload
    )
    assert (difference.seq, difference.ts_ns) == (first.seq, first.ts_ns)


def test_another_limit_differs_where_it_stops_an_order(session):
    def changed(terms):
        settings = settings_of(terms)
        total = structs.replace(settings.limits.total, order_notional_max=None)
        tighter = structs.replace(total, order_notional_max=settings.limits.total.leverage_max)
        limits = structs.replace(settings.limits, total=tighter)
        return structs.replace(settings, limits=limits)

    verified = verify(session, changed)

    assert verified.difference.kind in ("command", "refusal")
    assert "place" in verified.difference.expected


def test_a_missing_strategy_is_told_as_a_state_that_does_not_fit(session):
    with pytest.raises(JournalError, match="the strategies and instruments"):
        verify(session, lambda terms: base())


def test_what_differs_is_an_error_that_names_it(session):
    verified = verify(
        session, lambda terms: settings_with(base(), Churn(instrument=PERP, size=0.02))
    )

    with pytest.raises(DataError, match=r"run 1 seq \d+ at \d+ ns: got decision .*0\.02") as raised:
        verified.require_equal(session)

    assert raised.value.exit_code == 3
