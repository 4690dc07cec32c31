"""What has changed since somebody looked, so that only that is looked at again."""

from bot.model.units import AccountId, InstrumentId

Place = tuple[AccountId, InstrumentId]
"""One instrument in one account."""


class Changes:
    """Places that changed; `everywhere` when it cannot be said where.

    For one reader: what was taken is forgotten. count: of changes ever, for any reader.
    """

    __slots__ = ("_everywhere", "_places", "count")

    def __init__(self) -> None:
        """Nobody has looked yet, so everything is new."""
        self.count = 0
        self._everywhere = True
        self._places: set[Place] = set()

    def at(self, account: AccountId, instrument: InstrumentId) -> None:
        """Something changed here."""
        self.count += 1
        self._places.add((account, instrument))

    def everywhere(self) -> None:
        """Anything may have changed."""
        self._everywhere = True

    def take(self) -> set[Place] | None:
        """The places that changed since the last call; None: all."""
        places, self._places = self._places, set()
        if self._everywhere:
            self._everywhere = False
            return None
        return places
