"""Tests, laid out as `bot/` is; helpers are imported as `tests.<room>.<module>`."""
