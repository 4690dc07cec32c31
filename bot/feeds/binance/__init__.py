"""Binance's public market data: spot, USD-M and COIN-M, from frames to the tape."""
