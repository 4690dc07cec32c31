"""OKX's public data, v5."""
