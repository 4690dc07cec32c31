"""Bybit's public data, v5."""
