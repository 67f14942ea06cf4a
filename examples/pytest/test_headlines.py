import pytest
from headlines import Unavailable, headlines


def test_reads_what_the_fixtures_hold(url):
    assert headlines(url) == ["Flood warning | Agency report"]


def test_says_when_to_try_again(url):
    with pytest.raises(Unavailable, match="try again in 1 s"):
        headlines(url, {"Prefer": "code=503"})


def test_shows_a_scheduled_article_in_time(url, control):
    control("clock", {"set": "2026-01-02T06:00:00Z"})
    assert headlines(url) == ["Mayor resigns", "Flood warning | Agency report"]
