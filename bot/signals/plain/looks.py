"""How long a look at scores stands: there is one a second."""

from typing import Final

from bot.model.units import NS_PER_SECOND

LOOK_AGE_NS_MAX: Final = 5 * NS_PER_SECOND
"""A gauge that nobody has shown anything for so long is stale."""
