"""A market that does not exist: seeded, endless, and the same bytes for the same seed.

Everything that reaches the tape as rows is computed in integers from the raw bits of a generator,
so that neither the platform nor the mathematics library of the machine can change it. What options
are worth needs logarithms; it is rounded to what a venue shows before it is told.

`settings` says what there is (coins, venues, contracts, chains) and `terms` how it behaves;
`presets` has markets by name. `price`, `premium` and `regimes` move what is underneath, `flow`
makes the rows out of it, `news` the events; `bot data facts` measures what came of it.
"""
