"""Where the configurations and strategies are that come with the bot."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent


def shipped(folder: str) -> Path:
    """The shipped `config` or `strategies`: inside the package when installed from a wheel, else
    beside it in the checkout.
    """
    installed = _PACKAGE / "_shipped" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder
