"""Rankings that cannot be compared, made one."""

from collections import defaultdict
from collections.abc import Sequence


def fuse(
    rankings: Sequence[Sequence[int]], limit: int, k: int = 60
) -> list[tuple[int, float]]:
    """Merge rankings whose scores cannot be compared, by reciprocal rank fusion.

    A picture gains 1 / (k + rank) from each ranking that has it, ranks from 1.

    Args:
        rankings: picture ids, best first, no id twice in one ranking.
        limit: at most this many results.
        k: the larger, the less the very first places count; 60 as in the paper.

    Returns:
        (picture id, fused score) pairs, best first; ties go to the lower id.

    Source: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms
    Condorcet and individual rank learning methods", SIGIR 2009.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, picture_id in enumerate(ranking, start=1):
            scores[picture_id] += 1 / (k + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
