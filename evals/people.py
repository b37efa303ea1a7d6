"""The simulated dispatcher: how people behave where the service asks them."""

from dataclasses import dataclass
from enum import StrEnum

from evals.draws import Draws
from evals.link import Question, ServiceLink
from forestall.domain.vocabulary import OverrideReason

ANSWERS_AFTER_MIN = (2.0, 10.0)
PATIENCE = 0.8  # of the time that a question may stay open


class People(StrEnum):
    """APPROVE answers yes after a while; VETO says no, with a reason; ABSENT never answers.

    PATIENT leaves every question to whoever else is there, and approves it only when it is about to lapse.
    """

    APPROVE = "approve"
    VETO = "veto"
    PATIENT = "patient"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Answer:
    due: float
    question: Question


class Dispatcher:
    """Sees each question once and answers it 2 to 10 minutes later, the delay drawn by (seed, case, plan revision)."""

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
        delay = self._draws.between(*ANSWERS_AFTER_MIN, "dispatcher", question.cause, str(question.plan_rev))
        return now + round(delay * 60)

    def _answer(self, link: ServiceLink, question: Question) -> None:
        if self._people is People.VETO:
            verdict = "veto" if question.is_veto else "reject"
            link.answer(question, verdict, OverrideReason.LOCAL_KNOWLEDGE, "simulated: the dispatcher disagrees")
        else:
            link.answer(question, "approve")
