"""How long an order is on its way to the venue, and the answer on its way back."""

from msgspec import Struct


class Constant(Struct, frozen=True):
    """The same delays always: what an honest first estimate of a good line looks like.

    out_ns: from the first byte sent to the venue's matching. in_ns: from there to our hearing.
    """

    out_ns: int
    in_ns: int

    def __post_init__(self) -> None:
        """Refuse a line that is faster than time."""
        for name in ("out_ns", "in_ns"):
            value: int = getattr(self, name)
            if value < 0:
                raise ValueError(f"{name}: got {value}, expected >= 0")

    def arrives(self, sent_ns: int) -> int:
        """When the venue has what we sent."""
        return sent_ns + self.out_ns

    def heard(self, happened_ns: int) -> int:
        """When we know what happened at the venue."""
        return happened_ns + self.in_ns
