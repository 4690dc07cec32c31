"""An event-driven trading bot for crypto derivatives."""

__version__ = "0.1.0"
