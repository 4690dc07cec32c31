"""Models that learn on the way, and the honesty that keeps them from fooling us."""
