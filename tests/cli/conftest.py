"""What tests of the command line share."""

import pytest

from tests.cli.asking import Ask, asker


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    return asker(capsys)
