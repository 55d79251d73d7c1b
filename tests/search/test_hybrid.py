"""The laws of rank fusion."""

from hypothesis import given
from hypothesis import strategies as st

from imgai.search.hybrid import fuse

RANKINGS = st.lists(st.lists(st.integers(0, 50), unique=True), max_size=4)


@given(rankings=RANKINGS, limit=st.integers(0, 20))
def test_every_picture_comes_back_once_and_best_first(
    rankings: list[list[int]], limit: int
) -> None:
    """None is invented, lost to anything but the limit, or listed twice."""
    fused = fuse(rankings, limit)

    ids = [picture_id for picture_id, _ in fused]
    scores = [score for _, score in fused]
    known = {picture_id for ranking in rankings for picture_id in ranking}
    assert len(ids) == len(set(ids)) == min(limit, len(known))
    assert set(ids) <= known
    assert scores == sorted(scores, reverse=True)


@given(ranking=st.lists(st.integers(0, 50), unique=True))
def test_one_ranking_keeps_its_order(ranking: list[int]) -> None:
    """With nothing to fuse, nothing changes; nor does saying the same twice."""
    assert [one for one, _ in fuse([ranking], 100)] == ranking
    assert [one for one, _ in fuse([ranking, ranking], 100)] == ranking


@given(rankings=RANKINGS)
def test_the_order_of_the_rankings_does_not_matter(rankings: list[list[int]]) -> None:
    """Words and meaning have one vote each."""
    forwards = [one for one, _ in fuse(rankings, 100)]
    backwards = [one for one, _ in fuse(rankings[::-1], 100)]

    assert set(forwards) == set(backwards)
    assert not rankings or len(rankings) > 2 or forwards == backwards


@given(rankings=RANKINGS, winner=st.integers(51, 60))
def test_who_is_first_everywhere_is_first(
    rankings: list[list[int]], winner: int
) -> None:
    """However the others are placed."""
    fused = fuse([[winner, *ranking] for ranking in rankings], 1)

    assert [one for one, _ in fused] == ([winner] if rankings else [])


def test_scores_are_those_of_the_paper() -> None:
    """The sum of 1 / (60 + rank), ranks from 1."""
    assert fuse([[7, 8], [8]], 2) == [(8, 1 / 62 + 1 / 61), (7, 1 / 61)]
