"""One stream of everything: market data as blocks of rows, the rest as events, totally ordered."""
