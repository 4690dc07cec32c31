"""Deribit's public data, JSON-RPC v2."""
