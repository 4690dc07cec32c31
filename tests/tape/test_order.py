from bot.model.event import AnyEvent
from bot.tape.order import _RANKS, Rank, rank
from tests.tape.tapes import NAMES, an_event


def test_every_event_has_a_rank_and_rows_go_before_all_of_them():
    kinds = set(AnyEvent.__args__)

    assert set(_RANKS) == kinds
    assert min(_RANKS.values()) > Rank.ROW


def test_the_market_goes_before_our_order_and_a_person_has_the_last_word():
    ranks = [rank(an_event(which, NAMES[0], 1)) for which in range(7)]

    assert ranks == [
        Rank.MARKET,
        Rank.MARKET,
        Rank.ARRIVAL,
        Rank.RESPONSE,
        Rank.FUNDING,
        Rank.TIMER,
        Rank.OPERATOR,
    ]
