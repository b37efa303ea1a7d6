"""The simulated dispatcher: how people behave where the service asks them."""

from dataclasses import dataclass
from enum import StrEnum

from evals.draws import Draws
from evals.link import Question, ServiceLink
from forestall.domain.vocabulary import OverrideReason

ANSWERS_AFTER_MIN = (2.0, 10.0)
SLOW_AFTER_MIN = (5.0, 25.0)
SLOW_REJECTS = 0.1  # of what a slow person is asked
SLOW_REASONS = (OverrideReason.LOCAL_KNOWLEDGE, OverrideReason.DRIVER_WELFARE, OverrideReason.COST)
AWAY_AN_HOUR, AWAY_MIN = 0.3, (10.0, 40.0)  # share of the hours in which a slow person leaves, and for how long
HOUR_S = 3600.0
PATIENCE = 0.8  # of the time that a question may stay open


class People(StrEnum):
    """APPROVE answers yes after a while; VETO says no, with a reason; ABSENT never answers.

    SLOW takes 5 to 25 minutes, longer when called away meanwhile, and approves most of it; the rest is rejected with a
    reason.
    PATIENT leaves every question to whoever else is there, and approves it only when it is about to lapse.
    """

    APPROVE = "approve"
    VETO = "veto"
    SLOW = "slow"
    PATIENT = "patient"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Answer:
    due: float
    question: Question


class Dispatcher:
    """Sees each question once and answers it some minutes later; how much later, and what a slow person says, is drawn
    by (seed, case, plan revision)."""

    def __init__(self, people: People, draws: Draws) -> None:
        self._people, self._draws = people, draws
        self._seen: set[str] = set()
        self._due: list[Answer] = []

    @property
    def asked(self) -> int:
        """How many questions have been put to people."""
        return len(self._seen)

    def look(self, questions: list[Question], now: float) -> None:
        """Notice new questions; what will be done about them is fixed from here on."""
        for question in questions:
            if question.interrupt_id in self._seen:
                continue
            self._seen.add(question.interrupt_id)
            if self._wants_to_answer(question):
                self._due.append(Answer(self._answers_at(question, now), question))

    def act(self, link: ServiceLink, now: float) -> None:
        """Give the answers that are due."""
        self._due.sort(key=lambda answer: (answer.due, answer.question.cause))
        while self._due and self._due[0].due <= now:
            self._answer(link, self._due[0].question)
            del self._due[0]  # only now: an answer that did not get through is given again

    def _wants_to_answer(self, question: Question) -> bool:
        """Who agrees with something that runs by itself just lets it run."""
        if self._people is People.ABSENT:
            return False
        return not question.is_veto or self._people is People.VETO

    def _answers_at(self, question: Question, now: float) -> float:
        if self._people is People.PATIENT:
            return now + PATIENCE * max(0.0, question.expires_at - now)
        is_slow = self._people is People.SLOW
        after_min = SLOW_AFTER_MIN if is_slow else ANSWERS_AFTER_MIN
        due = now + round(60 * self._draws.between(*after_min, "dispatcher", *_names(question)))
        return self._back_at(due) if is_slow else due

    def _back_at(self, instant: float) -> float:
        """``instant``, or the end of an absence that it falls into; absences begin in some of the day's hours."""
        hour = int(instant // HOUR_S)
        for begun in (hour - 1, hour):
            if self._draws.happens(AWAY_AN_HOUR, "away", str(begun)):
                leaves = (begun + self._draws.unit("away-from", str(begun))) * HOUR_S
                returns = leaves + 60 * self._draws.between(*AWAY_MIN, "away-for", str(begun))
                if leaves <= instant < returns:
                    instant = float(round(returns))
        return instant

    def _answer(self, link: ServiceLink, question: Question) -> None:
        if self._people is People.VETO:
            verdict = "veto" if question.is_veto else "reject"
            link.answer(question, verdict, OverrideReason.LOCAL_KNOWLEDGE, "simulated: the dispatcher disagrees")
        elif self._people is People.SLOW and self._draws.happens(SLOW_REJECTS, "rejects", *_names(question)):
            which = int(self._draws.unit("reason", *_names(question)) * len(SLOW_REASONS))
            link.answer(question, "reject", SLOW_REASONS[which], "simulated: the dispatcher knows better")
        else:
            link.answer(question, "approve")


def _names(question: Question) -> tuple[str, str]:
    """What a question is about, in words that are the same in every run of a day."""
    return question.cause, str(question.plan_rev)
