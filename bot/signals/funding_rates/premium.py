"""The premium over the index as the mean of an interval, while it fills."""

from msgspec import Struct

from bot.signals.funding_rates.rules import FundingRule


class PremiumMean(Struct):
    """The mean premium of an interval while it fills, and how it will end.

    seen: samples that are behind us; covered: those of which the premium was known.
    """

    numerator: float = 0.0
    weights: float = 0.0
    seen: int = 0
    covered: int = 0

    def take(self, k: int, premium: float | None, rule: FundingRule, hours: float) -> None:
        """Count sample number `k`; None: nobody knows what it was."""
        if k <= self.seen:
            return
        self.seen = k
        if premium is not None:
            weight = rule.weight(k, hours)
            self.numerator += weight * rule.sampled(premium)
            self.weights += weight
            self.covered += 1

    @property
    def mean(self) -> float | None:
        """The weighted mean of what was seen; None when nothing was."""
        return self.numerator / self.weights if self.weights > 0.0 else None

    @property
    def coverage(self) -> float:
        """The share of samples behind us whose premium was known."""
        return self.covered / self.seen if self.seen else 1.0

    def projected(
        self, premium: float, samples: int, rule: FundingRule, hours: float
    ) -> float | None:
        """The mean of all `samples` if every one to come is like this premium."""
        left = max(0, samples - self.seen)
        weight = float(left)
        if rule.weight(2, hours) != 1.0:
            weight = 0.5 * left * (samples + self.seen + 1)
        whole = self.weights + weight
        if whole <= 0.0:
            return None
        return (self.numerator + weight * rule.sampled(premium)) / whole
