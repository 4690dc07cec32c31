"""Times of the venue: stated, or estimated from what was stated before."""

from bot.feeds.counters import Counters
from bot.feeds.venue_time import WINDOW, VenueTime
from bot.tape.rows import ESTIMATED

MS = 1_000_000
NOW = 1_723_161_256_000 * MS


def test_a_stated_time_is_taken_as_it_is():
    venue_time = VenueTime(Counters())

    assert venue_time.stamp(NOW, NOW // MS - 3) == (NOW - 3 * MS, 0)


def test_without_a_stated_time_the_median_latency_is_taken_off():
    venue_time = VenueTime(Counters())
    for latency_ms in (2, 90, 4):
        venue_time.observe(NOW, NOW // MS - latency_ms)

    assert venue_time.stamp(NOW, 0) == (NOW - 4 * MS, ESTIMATED)


def test_before_anything_was_stated_the_estimate_is_the_receipt():
    venue_time = VenueTime(Counters())
    venue_time.observe(NOW, 0)

    assert venue_time.stamp(NOW, 0) == (NOW, ESTIMATED)


def test_a_stamp_after_the_receipt_is_clamped_and_counted():
    counters = Counters()
    venue_time = VenueTime(counters)

    assert venue_time.stamp(NOW, NOW // MS + 5) == (NOW, ESTIMATED)
    assert counters.ahead == 1


def test_a_clock_that_is_behind_never_puts_an_estimate_after_the_receipt():
    venue_time = VenueTime(Counters())
    venue_time.observe(NOW, NOW // MS + 1270)

    assert venue_time.stamp(NOW, 0) == (NOW, ESTIMATED)


def test_only_the_last_latencies_count():
    venue_time = VenueTime(Counters())
    for latency_ms in [500] * WINDOW + [7] * WINDOW:
        venue_time.observe(NOW, NOW // MS - latency_ms)

    assert venue_time.latency_ns() == 7 * MS
