"""The deterministic engine: everything that happened goes in, what to do about it comes out."""
