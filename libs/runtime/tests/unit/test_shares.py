"""How many partitions a consumer has of all."""

import pytest

from runtime.events.shares import fair_share, surplus


def shares(partitions: int, consumers: int) -> list[int]:
    return [fair_share(partitions=partitions, consumers=consumers, place=place) for place in range(consumers)]


@pytest.mark.parametrize(
    ("partitions", "consumers", "expected"),
    [
        (8, 1, [8]),
        (8, 2, [4, 4]),
        (8, 3, [3, 3, 2]),
        (8, 4, [2, 2, 2, 2]),
        (8, 5, [2, 2, 2, 1, 1]),
        (8, 9, [1, 1, 1, 1, 1, 1, 1, 1, 0]),
        (1, 2, [1, 0]),
    ],
)
def test_partitions_are_shared_so_that_nobody_has_two_more_than_another(
    partitions: int, consumers: int, expected: list[int]
) -> None:
    assert shares(partitions, consumers) == expected


@pytest.mark.parametrize("consumers", range(1, 20))
def test_each_partition_belongs_to_one(consumers: int) -> None:
    for partitions in range(1, 20):
        assert sum(shares(partitions, consumers)) == partitions


@pytest.mark.parametrize("consumers", range(2, 12))
def test_nobody_gives_back_when_another_leaves(consumers: int) -> None:
    before, after = shares(8, consumers), shares(8, consumers - 1)
    for leaving in range(consumers):
        stayed = before[:leaving] + before[leaving + 1 :]
        assert all(had <= has for had, has in zip(stayed, after, strict=True))


@pytest.mark.parametrize("consumers", range(1, 12))
def test_nobody_gets_more_when_another_comes(consumers: int) -> None:
    before, after = shares(8, consumers), shares(8, consumers + 1)
    assert all(had >= has for had, has in zip(before, after, strict=False))


def test_the_last_partitions_are_given_back() -> None:
    assert surplus(range(8), share=3, failing=[]) == [3, 4, 5, 6, 7]
    assert surplus([1, 5], share=2, failing=[]) == []


def test_a_partition_that_is_failing_is_kept_while_there_are_others() -> None:
    assert surplus(range(4), share=2, failing=[3]) == [1, 2]
    assert surplus([0, 1], share=1, failing=[0, 1]) == [1]
