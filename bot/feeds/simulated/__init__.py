"""A market that does not exist: seeded, endless, and the same bytes for the same seed.

Everything that reaches the tape is computed in integers from the raw bits of a generator, so
that neither the platform nor the mathematics library of the machine can change it.
"""
