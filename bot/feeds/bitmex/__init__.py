"""BitMEX's public data."""
