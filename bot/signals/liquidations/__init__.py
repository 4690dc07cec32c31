"""Forced orders: how many there are, where the next would be, and when they feed each other."""
