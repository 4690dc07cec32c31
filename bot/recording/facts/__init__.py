"""Stylised facts of a market: what a tape looks like, in numbers that compare between coins."""
