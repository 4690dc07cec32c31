"""Tests of what is on disk: recordings, captures and the formats of others."""
