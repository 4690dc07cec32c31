"""Open interest and positioning proxies.

Every open contract has one long and one short: nothing here counts more of one than of the
other. What differs between the sides is who opened, who pays and who is crowded, and each
signal says which of these it is a proxy for.
"""
