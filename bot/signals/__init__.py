"""Scores of imbalance, recomputed only when an input of their own changed."""
