"""Errors say everything in one block and end the process with their documented code."""

import pickle

import pytest

from bot import errors
from bot.errors import BotError, ConfigError, quoted

EXIT_CODES = {
    "UsageError": 2,
    "ConfigError": 2,
    "DataError": 3,
    "NotFoundError": 4,
    "PreflightError": 5,
    "VenueUnreachable": 6,
    "CredentialsError": 7,
    "RiskHalt": 8,
    "ReconcileMismatch": 9,
    "AlreadyRunning": 10,
    "JournalError": 11,
    "StrategyFailed": 12,
}


def test_an_error_is_one_block_with_place_value_expectation_and_fix():
    error = ConfigError(
        where="config/live.toml risk.order_notional_max",
        seen=quoted("10k"),
        expected="a number > 0",
        fix="write 10000",
    )

    assert str(error) == (
        "error[config] config/live.toml risk.order_notional_max: "
        'got "10k", expected a number > 0; write 10000'
    )


def test_every_kind_of_error_ends_with_its_documented_code():
    kinds = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, BotError) and kind is not BotError
    }

    assert kinds == EXIT_CODES


def test_every_kind_of_error_has_a_name_of_its_own():
    names = [getattr(errors, name).kind for name in EXIT_CODES]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", EXIT_CODES)
def test_an_error_survives_the_trip_between_processes(name):
    error = getattr(errors, name)("sweep 12", "a gap", "a whole tape", "import it again")

    received = pickle.loads(pickle.dumps(error))

    assert type(received) is type(error)
    assert str(received) == str(error)


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        ("10k", '"10k"'),
        ('say "hi"', r'"say \"hi\""'),
        (True, "true"),
        (False, "false"),
        (10_000, "10000"),
        (0.5, "0.5"),
        (None, "nothing"),
    ],
)
def test_a_value_is_shown_as_a_config_file_spells_it(value, spelling):
    assert quoted(value) == spelling
