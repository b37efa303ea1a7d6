"""The simulated dispatcher answers each question once, late, and the same in every run."""

from dataclasses import replace

import pytest

from evals.draws import Draws
from evals.link import Question
from evals.people import AWAY_AN_HOUR, AWAY_MIN, Dispatcher, People


class Desk:
    """Stands in for the service's link: takes answers, or is out of reach."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, str]] = []

    def answer(self, question: Question, verdict: str, reason: str | None = None, note: str = "") -> bool:
        self.answers.append((question.case_id, verdict))
        return True


def question(case: str = "c1", *, is_veto: bool = False) -> Question:
    return Question(case, f"{case}:1", "WINDOW_MISS_RISK:R01", 1, is_veto, expires_at=1800.0)


def answers(people: People, *questions: Question, until: float = 3600) -> list[tuple[float, str]]:
    desk, dispatcher, found = Desk(), Dispatcher(people, Draws(1, "day")), []
    for now in range(0, int(until), 60):
        dispatcher.act(desk, now)  # type: ignore[arg-type]
        found += [(now / 60, verdict) for _, verdict in desk.answers[len(found) :]]
        dispatcher.look(list(questions), now)
    return found


def test_who_approves_does_so_after_two_to_ten_minutes_and_once() -> None:
    ((minute, verdict),) = answers(People.APPROVE, question())
    assert verdict == "approve"
    assert 2 <= minute <= 11  # steps of a minute


def test_who_approves_lets_a_veto_window_run_out() -> None:
    assert answers(People.APPROVE, question(is_veto=True)) == []


@pytest.mark.parametrize(("is_veto", "verdict"), [(True, "veto"), (False, "reject")])
def test_who_vetoes_says_no_to_everything(is_veto: bool, verdict: str) -> None:
    assert [said for _, said in answers(People.VETO, question(is_veto=is_veto))] == [verdict]


def causes(count: int) -> list[Question]:
    """Questions about as many different things."""
    return [replace(question(f"c{number}"), cause=f"WINDOW_MISS_RISK:R{number}") for number in range(count)]


def test_who_is_slow_takes_five_to_25_minutes_or_longer_when_away_and_says_no_to_some() -> None:
    said = answers(People.SLOW, *causes(200), until=7200)
    minutes = [minute for minute, _ in said]
    assert len(said) == 200
    assert min(minutes) >= 5
    assert max(minutes) <= 26 + AWAY_MIN[1]
    assert 0.03 < sum(verdict == "reject" for _, verdict in said) / len(said) < 0.25


def test_who_is_slow_does_not_answer_while_away() -> None:
    draws, desk = Draws(1, "day"), Desk()
    dispatcher = Dispatcher(People.SLOW, draws)
    hour = next(hour for hour in range(200) if draws.happens(AWAY_AN_HOUR, "away", str(hour)))
    leaves = (hour + draws.unit("away-from", str(hour))) * 3600
    returns = leaves + 60 * draws.between(*AWAY_MIN, "away-for", str(hour))
    dispatcher.look(causes(100), leaves - 8 * 60)
    dispatcher.act(desk, leaves - 1)  # type: ignore[arg-type]
    before = len(desk.answers)
    dispatcher.act(desk, returns - 1)  # type: ignore[arg-type]
    assert 0 < len(desk.answers) == before < 100


def test_who_is_absent_says_nothing() -> None:
    assert answers(People.ABSENT, question(), question(is_veto=True)) == []


def test_who_is_patient_leaves_it_to_others_until_it_nearly_lapses() -> None:
    assert answers(People.PATIENT, question()) == [(24, "approve")]


def test_an_answer_that_does_not_get_through_is_given_again() -> None:
    class Away(Desk):
        def answer(self, *_: object, **__: object) -> bool:
            raise ConnectionError

    dispatcher, desk = Dispatcher(People.APPROVE, Draws(1, "day")), Desk()
    dispatcher.look([question()], 0)
    with pytest.raises(ConnectionError):
        dispatcher.act(Away(), 3600)  # type: ignore[arg-type]
    dispatcher.act(desk, 3660)  # type: ignore[arg-type]
    dispatcher.act(desk, 3720)  # type: ignore[arg-type]
    assert desk.answers == [("c1", "approve")]
