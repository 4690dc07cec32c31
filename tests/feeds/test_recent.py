"""What was told before is known, within bounds."""

from bot.feeds.recent import QUIET_NS_MIN, REPEAT_NS, SEEN_MAX, News, Seen


def test_an_id_is_known_until_too_many_came_after_it():
    seen = Seen()

    assert not seen.again(0)
    assert all(not seen.again(number) for number in range(1, SEEN_MAX))
    assert seen.again(0)
    assert not seen.again(SEEN_MAX)  # pushes out the first
    assert not seen.again(0)


def test_a_value_is_told_when_it_changed_but_not_at_once():
    news = News()

    assert news.is_due(0, "a")
    assert not news.is_due(QUIET_NS_MIN - 1, "b")
    assert news.is_due(QUIET_NS_MIN, "b")


def test_a_value_that_stays_is_told_again_so_that_its_age_is_known():
    news = News()

    assert news.is_due(0, "a")
    assert not news.is_due(REPEAT_NS - 1, "a")
    assert news.is_due(REPEAT_NS, "a")
