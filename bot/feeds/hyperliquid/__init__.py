"""Hyperliquid's public data."""
