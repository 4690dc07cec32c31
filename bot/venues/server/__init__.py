"""The simulated venue behind wires that strangers know: what a venue says, byte by byte.

A world is one simulated venue and its market. A face is one venue's way to ask and to answer;
every face stands before the same world. Nothing here is reachable from beyond this machine.
"""
