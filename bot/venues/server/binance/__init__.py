"""Binance as a face of the served venue: spot and USD-M, REST and streams."""
