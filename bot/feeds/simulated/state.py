"""What the kernels of a simulated book are told, and what they remember, by column."""

from typing import Final

# Columns of `param`; sizes in lots, prices in ticks; chances and parts in 1/1024 or as stated.
TICK: Final = 0
"""In 1e-8 quote."""
HALF_SPREAD: Final = 1
"""In half ticks, at least 1."""
GAP: Final = 2
"""Between neighbouring levels on average, at least 1."""
LEVEL_SIZE: Final = 3
"""Of a best price."""
SLOTS: Final = 4
LATENCY: Final = 5
JITTER: Final = 6
SCALARS: Final = 7
"""1: mark and index are published."""
FOLLOWS: Final = 8
"""Part of the way to the fair price that quotes go in a slot, in 2**-16."""
SIGHT: Final = 9
"""In 1e-8 quote: quotes that are so far behind the fair price see it with all their strength."""
ARRIVAL: Final = 10
"""Chance of an order in a slot when nothing excites, in 2**-24."""
EXCITES: Final = 11
"""What an order adds to that, fading fast, then slowly."""
FADES: Final = 13
"""Part of the excitement that is gone after a slot, in 2**-16, fast and slow."""
ORDER_MEDIAN: Final = 15
"""Of orders of takers, in 1/256 lot."""
ORDER_SPREAD: Final = 16
"""Of the logarithm of their sizes, as `skewed` has it."""
ORDER_MEAN: Final = 17
COPIES: Final = 18
"""Chance that an order is on the side of the one before."""
SPLITS: Final = 19
"""Chance beyond that, that it is a part of the large order which is being split."""
LENGTH: Final = 20
"""Orders that a large one is split into, on average."""
INFORMED: Final = 21
"""How far orders and queues lean to where the price is going."""
LEANS: Final = 22
"""How far they lean with the coin's flow."""
IMPACT: Final = 23
"""What each doubling of an order moves quotes, in 2**-12 of 1e-8 of the price."""
RETURNS: Final = 24
"""Part of the departure from the coin's price that is gone after a slot, in 2**-16."""
NOISE: Final = 25
"""Of the departure in a second, in 2**-22 of 1e-8 of the price for each unit of a roll."""
QUIET: Final = 26
"""Chance of a slot without an order to be used, of 65,536."""
PARAMS: Final = 27

# Columns of `state`.
DICE: Final = 0
RECEIVED: Final = 1
"""`ts_recv` of the last message."""
SHOWN: Final = 2
"""The touch that was published last: bid, size, ask, size."""
ANCHOR: Final = 6
"""The price in ticks around which patient orders rest far away; 0: before the first snapshot."""
FAIR: Final = 7
"""Where quotes stand, in 1e-8 quote; 0: before the first slot."""
DEPARTED: Final = 8
"""How far the price here is from the coin's by what was traded here, in 2**-12 of 1e-8 of it."""
EXCITED: Final = 9
"""Chance of an order because of those before it, in 2**-24: what fades fast, what slowly."""
PARENT: Final = 11
"""Side that the large order takes from: 0 bids, it sells; 1 asks, it buys."""
LAST: Final = 12
"""Side that the last order took from."""
LEAN: Final = 13
"""Where the price is going as quotes and takers have it, in 1/1024."""
THIN: Final = 14
"""What rests, over the usual size, in 1/1024."""
STATES: Final = 15
