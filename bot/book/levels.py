"""Kernels for the levels of one book: set one, find the next, move the window.

Side 0 is bids, side 1 asks; `sign` turns prices so that higher is always better.
"""

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import (
    BASE,
    BUCKET_AT,
    BUCKET_BITS,
    DEPTH,
    FAR,
    INSIDE,
    LADDER,
    LADDER_LOW,
    LEVEL_AT,
    TOP,
    WINDOW,
)
from bot.kernel import kernel


@kernel(i8(BOOK, i8, i8, i8))
def far_index(book: Book, i: int, s: int, price: int) -> int:
    """Position of the first outside level at `price` or above."""
    far = book.far
    low = 0
    high = book.head[i, FAR + s]
    while low < high:
        middle = (low + high) >> 1
        if far[i, s, 0, middle] < price:
            low = middle + 1
        else:
            high = middle
    return int(low)


@kernel(i8(BOOK, i8, i8, i8, i8))
def set_far(book: Book, i: int, s: int, price: int, size: int) -> int:
    """Set a level outside the window; returns its size before."""
    head = book.head
    far = book.far
    count = head[i, FAR + s]
    at = far_index(book, i, s, price)
    if at < count and far[i, s, 0, at] == price:
        previous = far[i, s, 1, at]
        if size != 0:
            far[i, s, 1, at] = size
        else:
            for k in range(at, count - 1):
                far[i, s, 0, k] = far[i, s, 0, k + 1]
                far[i, s, 1, k] = far[i, s, 1, k + 1]
            head[i, FAR + s] = count - 1
        return int(previous)
    if size != 0:
        for k in range(count, at, -1):
            far[i, s, 0, k] = far[i, s, 0, k - 1]
            far[i, s, 1, k] = far[i, s, 1, k - 1]
        far[i, s, 0, at] = price
        far[i, s, 1, at] = size
        head[i, FAR + s] = count + 1
    return 0


@kernel(i8(BOOK, i8, i8, i8))
def next_level(book: Book, i: int, s: int, price: int) -> int:
    """The best price of a side that is worse than `price`; -1 when there is none."""
    head = book.head
    level = book.level
    bucket = book.bucket
    far = book.far
    base = head[i, BASE]
    window = head[i, WINDOW]
    at = head[i, LEVEL_AT] + s * window
    counts = head[i, BUCKET_AT] + s * (window >> BUCKET_BITS)
    found = -1
    if s == 0:
        x = min(price - 1 - base, window - 1)
        while x >= 0:
            if bucket[counts + (x >> BUCKET_BITS)] == 0:
                x = ((x >> BUCKET_BITS) << BUCKET_BITS) - 1
            elif level[at + x] != 0:
                found = base + x
                break
            else:
                x -= 1
        k = far_index(book, i, s, price) - 1
        if k >= 0 and far[i, s, 0, k] > found:
            found = far[i, s, 0, k]
    else:
        x = max(price + 1 - base, 0)
        while x < window:
            if bucket[counts + (x >> BUCKET_BITS)] == 0:
                x = ((x >> BUCKET_BITS) + 1) << BUCKET_BITS
            elif level[at + x] != 0:
                found = base + x
                break
            else:
                x += 1
        k = far_index(book, i, s, price + 1)
        if k < head[i, FAR + s] and (found < 0 or far[i, s, 0, k] < found):
            found = far[i, s, 0, k]
    return int(found)


@kernel(i8(BOOK, i8, i8, i8))
def size_at(book: Book, i: int, s: int, price: int) -> int:
    """Size of a level; 0 when there is none."""
    head = book.head
    level = book.level
    far = book.far
    x = price - head[i, BASE]
    if 0 <= x < head[i, WINDOW]:
        return int(level[head[i, LEVEL_AT] + s * head[i, WINDOW] + x])
    count = head[i, FAR + s]
    at = far_index(book, i, s, price)
    if at < count and far[i, s, 0, at] == price:
        return int(far[i, s, 1, at])
    return 0


@kernel(void(BOOK, i8, i8))
def refill(book: Book, i: int, s: int) -> None:
    """Fill the ladder of a side up from the levels behind it."""
    head = book.head
    ladder = book.ladder
    count = head[i, DEPTH + s]
    total = head[i, INSIDE + s] + head[i, FAR + s]
    best = 1 << 62 if s == 0 else -1
    price = ladder[i, 2 * s, count - 1] if count > 0 else best
    while count < LADDER and count < total:
        price = next_level(book, i, s, price)
        ladder[i, 2 * s, count] = price
        ladder[i, 2 * s + 1, count] = size_at(book, i, s, price)
        count += 1
    head[i, DEPTH + s] = count


@kernel(i8(BOOK, i8, i8, i8, i8))
def store_level(book: Book, i: int, s: int, price: int, size: int) -> int:
    """Set a level where it belongs, window or outside; returns its size before."""
    head = book.head
    window = head[i, WINDOW]
    x = price - head[i, BASE]
    if not 0 <= x < window:
        return set_far(book, i, s, price, size)
    at = head[i, LEVEL_AT] + s * window + x
    previous = book.level[at]
    book.level[at] = size
    # Without a branch: whether a level comes or goes is what no processor can guess.
    step = (1 if size != 0 else 0) - (1 if previous != 0 else 0)
    book.bucket[head[i, BUCKET_AT] + ((s * window + x) >> BUCKET_BITS)] += step
    head[i, INSIDE + s] += step
    return int(previous)


@kernel(i8(BOOK, i8, i8, i8))
def ladder_index(book: Book, i: int, s: int, price: int) -> int:
    """Position of the first ladder level that is not better than `price`."""
    ladder = book.ladder
    k = 0
    # All rungs are counted, for a loop that ends early is guessed wrong once a row.
    if s == 0:
        for j in range(book.head[i, DEPTH]):
            k += 1 if ladder[i, 0, j] > price else 0
    else:
        for j in range(book.head[i, DEPTH + 1]):
            k += 1 if ladder[i, 2, j] < price else 0
    return k


@kernel(void(BOOK, i8, i8, i8))
def drop_rung(book: Book, i: int, s: int, k: int) -> None:
    """Take level `k` out of the ladder, filling it up when it runs low."""
    head = book.head
    ladder = book.ladder
    count = head[i, DEPTH + s] - 1
    for j in range(k, count):
        ladder[i, 2 * s, j] = ladder[i, 2 * s, j + 1]
        ladder[i, 2 * s + 1, j] = ladder[i, 2 * s + 1, j + 1]
    # Rungs behind the last are zero, so that a signal may read the ladder without its depth.
    ladder[i, 2 * s, count] = 0
    ladder[i, 2 * s + 1, count] = 0
    head[i, DEPTH + s] = count
    if count < LADDER_LOW and count < head[i, INSIDE + s] + head[i, FAR + s]:
        refill(book, i, s)


@kernel(void(BOOK, i8, i8, i8, i8, i8))
def insert_rung(book: Book, i: int, s: int, k: int, price: int, size: int) -> None:
    """Put a level into the ladder at `k`; the worst falls out of a full one."""
    head = book.head
    ladder = book.ladder
    last = min(head[i, DEPTH + s], LADDER - 1)
    for j in range(last, k, -1):
        ladder[i, 2 * s, j] = ladder[i, 2 * s, j - 1]
        ladder[i, 2 * s + 1, j] = ladder[i, 2 * s + 1, j - 1]
    ladder[i, 2 * s, k] = price
    ladder[i, 2 * s + 1, k] = size
    head[i, DEPTH + s] = last + 1


@kernel(i8(BOOK, i8, i8, i8, i8))
def set_level(book: Book, i: int, s: int, price: int, size: int) -> int:
    """Set the size of a level, 0 removing it; returns its size before."""
    head = book.head
    previous = store_level(book, i, s, price, size)
    if previous == size:
        return previous
    count = head[i, DEPTH + s]
    if count > 0:
        worst = book.ladder[i, 2 * s, count - 1]
        if (price < worst) if s == 0 else (price > worst):
            # Behind the ladder; it joins only when no other level stands between.
            known = head[i, INSIDE + s] + head[i, FAR + s]
            if size == 0 or count == LADDER or count + 1 < known:
                return previous
    k = ladder_index(book, i, s, price)
    head[i, TOP] = min(head[i, TOP], k)
    if k == count or book.ladder[i, 2 * s, k] != price:
        if size != 0:
            insert_rung(book, i, s, k, price, size)
    elif size != 0:
        book.ladder[i, 2 * s + 1, k] = size
    else:
        drop_rung(book, i, s, k)
    return previous


@kernel(void(BOOK, i8, i8))
def clear_window(book: Book, i: int, s: int) -> None:
    """Empty the window of a side, touching only where levels stand."""
    head = book.head
    level = book.level
    bucket = book.bucket
    window = head[i, WINDOW]
    at = head[i, LEVEL_AT] + s * window
    counts = head[i, BUCKET_AT] + s * (window >> BUCKET_BITS)
    for b in range(window >> BUCKET_BITS):
        if bucket[counts + b] != 0:
            bucket[counts + b] = 0
            for x in range(b << BUCKET_BITS, (b + 1) << BUCKET_BITS):
                level[at + x] = 0
    head[i, INSIDE + s] = 0


@kernel(void(BOOK, i8, i8))
def recenter(book: Book, i: int, base: int) -> None:
    """Move the window so that it begins at `base`; no level is lost.

    The outside arrays must have room for every level of the book.
    """
    head = book.head
    level = book.level
    bucket = book.bucket
    far = book.far
    window = head[i, WINDOW]
    for s in range(2):
        at = head[i, LEVEL_AT] + s * window
        outside = head[i, FAR + s] - 1
        total = head[i, FAR + s] + head[i, INSIDE + s]
        to = total - 1
        # Merge from the end: window and outside levels are both in order of price.
        for x in range(window - 1, -1, -1):
            if level[at + x] == 0:
                continue
            price = head[i, BASE] + x
            while outside >= 0 and far[i, s, 0, outside] > price:
                far[i, s, 0, to] = far[i, s, 0, outside]
                far[i, s, 1, to] = far[i, s, 1, outside]
                outside -= 1
                to -= 1
            far[i, s, 0, to] = price
            far[i, s, 1, to] = level[at + x]
            to -= 1
        clear_window(book, i, s)
        head[i, FAR + s] = total
    head[i, BASE] = base
    for s in range(2):
        at = head[i, LEVEL_AT] + s * window
        counts = head[i, BUCKET_AT] + s * (window >> BUCKET_BITS)
        kept = 0
        inside = 0
        for k in range(head[i, FAR + s]):
            x = far[i, s, 0, k] - base
            if 0 <= x < window:
                level[at + x] = far[i, s, 1, k]
                bucket[counts + (x >> BUCKET_BITS)] += 1
                inside += 1
            else:
                far[i, s, 0, kept] = far[i, s, 0, k]
                far[i, s, 1, kept] = far[i, s, 1, k]
                kept += 1
        head[i, INSIDE + s] = inside
        head[i, FAR + s] = kept
