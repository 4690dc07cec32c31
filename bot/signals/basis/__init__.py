"""A derivative against its spot, and one venue against the others."""
