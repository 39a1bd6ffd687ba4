"""Moves are told in batches: those of about the same moment together, and a sign of life while nothing moves."""

from collections.abc import Iterator

from evaluation.usecases.watching import Move, gather_moves


def batches(*told: tuple[float, Move | None]) -> list[tuple[Move, ...]]:
    """What is told of news that come at these seconds."""
    seconds = iter([second for second, _ in told])
    return list(gather_moves((news for _, news in told), clock=lambda: next(seconds)))


def move(subject: str) -> Move:
    return ("pilot", 24314, subject)


def test_it_says_at_once_that_it_listens() -> None:
    assert batches((0, None)) == [()]


def test_moves_of_one_moment_go_together_and_each_only_once() -> None:
    told = batches((0, None), (0.5, move("an")), (0.51, move("binh")), (0.52, move("an")), (0.62, None))
    assert told == [(), (move("an"), move("binh"))]


def test_what_never_ceases_to_move_is_told_all_the_same() -> None:
    told = batches((0, None), *((0.5 + n / 16, move(str(n))) for n in range(4)))
    assert told == [(), (move("0"), move("1"), move("2"))]


def test_about_every_second_there_is_a_sign_of_life() -> None:
    def quiet() -> Iterator[tuple[float, None]]:
        return ((tenths / 10, None) for tenths in range(26))

    assert batches(*quiet()) == [(), (), ()]
