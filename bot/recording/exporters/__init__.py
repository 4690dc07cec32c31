"""Recordings of ours in the formats of others."""
