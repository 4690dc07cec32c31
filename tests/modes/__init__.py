"""Tests of the modes: the shells around the engine."""
