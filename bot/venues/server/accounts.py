"""Who may trade here: keys that exist nowhere else, and the wallets behind each."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from bot.model.units import AccountId

KEY_BYTES: Final = 32


class Member(Struct, frozen=True):
    """One client of the venue; each face has wallets of its own, as venues have."""

    name: str
    key: str
    secret: str

    @property
    def spot(self) -> AccountId:
        """Its spot wallet."""
        return AccountId(f"{self.name}.spot")

    @property
    def usdm(self) -> AccountId:
        """Its wallet of contracts."""
        return AccountId(f"{self.name}.usdm")

    @property
    def deribit(self) -> AccountId:
        """Its wallets at Deribit, one a currency."""
        return AccountId(f"{self.name}.deribit")


def made_up(name: str, chance: Callable[[int], bytes]) -> Member:
    """A member with a key and a secret that nobody had before."""
    return Member(name, chance(KEY_BYTES).hex(), chance(KEY_BYTES).hex())


class Members:
    """Everybody who may trade here, by key and by account."""

    def __init__(self, members: tuple[Member, ...]) -> None:
        self.by_key = {each.key: each for each in members}
        self.by_account = {
            account: each for each in members for account in (each.spot, each.usdm, each.deribit)
        }
        assert len(self.by_key) == len(members), "two members with one key"
        assert len(self.by_account) == 3 * len(members), "two members with one name"
