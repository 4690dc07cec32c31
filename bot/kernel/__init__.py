"""Compiled kernels: the one decorator, its cache, and the rules that keep both modes equal.

With `NUMBA_DISABLE_JIT=1` every kernel is the plain function it was written as, and must do
the same to the last bit. So kernels use loops and `math` only: no numpy reductions, no `**`,
no unsigned integers, every division guarded. The architecture test reads their source and
keeps it so.
"""

from bot.kernel.decorator import JIT, kernel

__all__ = ["JIT", "kernel"]
