"""The simulated dispatcher answers each question once, late, and the same in every run."""

import pytest

from evals.draws import Draws
from evals.link import Question
from evals.people import Dispatcher, People


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
