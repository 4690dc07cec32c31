"""The line to the venue, as a file states it."""

from pathlib import Path

import pytest

from bot.config.latency import (
    ConstantTerms,
    EmpiricalTerms,
    LineTerms,
    LogNormalTerms,
    OutageTerms,
)
from bot.config.loading import load, parse
from bot.errors import ConfigError
from tests.config.broken import lined

MS = 1_000_000
HEAD = "sent_ns,venue_ns,heard_ns\n"


def line_of(text: str, folder: Path = Path()) -> LineTerms:
    return parse(text, "test", folder).file.venue.line


def test_a_log_normal_line_has_the_usual_spread_unless_another_is_stated():
    usual = line_of(lined('model = "lognormal", seed = 4'))
    stated = line_of(lined('model = "lognormal", seed = 4, out_p99_ms = 20.5, in_least_ms = 0'))

    spread = (15 * MS, 150 * MS, 5 * MS)
    assert usual == LineTerms(LogNormalTerms(spread, spread, 4))
    assert stated.delays == LogNormalTerms((15 * MS, 20_500_000, 5 * MS), (15 * MS, 150 * MS, 0), 4)
    assert (usual.least_in_ns, stated.least_in_ns) == (5 * MS, 0)


def test_outages_and_many_connections_go_with_any_model():
    line = line_of(
        lined(
            'model = "constant", out_ms = 1, in_ms = 2, connections = "many", '
            "outages = [{ start = 2026-01-01T00:00:01.5Z, ms = 250, answers_only = true }]"
        )
    )

    start_ns = 1_767_225_601_500_000_000
    assert line == LineTerms(
        ConstantTerms(MS, 2 * MS),
        ordered=False,
        outages=(OutageTerms(start_ns, start_ns + 250 * MS, True),),
    )


def test_measured_ways_stand_in_a_file_and_stay_with_the_configuration(tmp_path: Path):
    (tmp_path / "line.csv").write_text(HEAD + "1000,5000,8999\n2000,9000,90000\n")
    path = tmp_path / "paper.toml"
    path.write_text(lined('model = "empirical", seed = 1, file = "line.csv"'))

    config = load(path)
    (tmp_path / "line.csv").unlink()
    again = parse(config.text, "kept", Path("elsewhere"))

    assert config.file.venue.line.delays == EmpiricalTerms((4000, 7000), (3000, 81000), 1)
    assert again.file.venue.line == config.file.venue.line
    assert again.hash == config.hash


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "0 rows"),
        ("1,2\n", "whole numbers"),
        ("1,2,x\n", "whole numbers"),
        ("5000,1000,9000\n", "offset between the two clocks"),
    ],
)
def test_a_file_that_measured_nothing_is_refused(rows: str, said: str, tmp_path: Path):
    (tmp_path / "line.csv").write_text(HEAD + rows)

    with pytest.raises(ConfigError, match=said):
        line_of(lined('model = "empirical", seed = 1, file = "line.csv"'), tmp_path)


def test_a_line_can_be_made_slower_and_given_a_tail():
    line = LineTerms.constant(4 * MS, 6 * MS)
    measured = LineTerms(EmpiricalTerms((1000, 5000, 9000), (2000,), 1))

    assert line.scaled(1, 2) == LineTerms.constant(2 * MS, 3 * MS)
    assert line.scaled(2, 1) == LineTerms.constant(8 * MS, 12 * MS)
    assert line.with_tail(7).delays == LogNormalTerms(
        (4 * MS, 40 * MS, 0), (6 * MS, 60 * MS, 6 * MS), 7
    )
    assert measured.scaled(2, 1).delays == EmpiricalTerms((2000, 10000, 18000), (4000,), 1)
    assert measured.with_tail(7).delays == LogNormalTerms((5000, 50000, 0), (2000, 20000, 2000), 7)
