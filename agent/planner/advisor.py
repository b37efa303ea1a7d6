"""The language model's say: it may reorder plans that are nearly as good as each other, and nothing else."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from datetime import datetime
from threading import Thread

from agent.planner.brief import MOST_OPTIONS, TASK, Brief, write_brief
from agent.planner.budget import Budget
from agent.planner.models import RankingModel, Reply, hash_request
from agent.planner.rules import RulePlanner
from agent.planner.traces import Recorder
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.cases import Case
from forestall.domain.decisions import Consultation
from forestall.domain.ids import CandidateId
from forestall.domain.vocabulary import Advice
from forestall.errors import Unavailable

logger = logging.getLogger(__name__)
Ranking = tuple[CandidateId, ...]
_AT_ONCE = 2  # questions under way; one more finds nobody free
# Above what the most tokens that a setting allows amount to; a server that keeps to no limit sends more.
_LONGEST_ANSWER = 40_000


class Advisor:
    """Asks a ``RankingModel`` within ``timeout_s`` and a budget. Whatever it says or fails to say, every plan in the
    ranking is one the rules found worth doing, and the model's own choice never runs without a person's look (policy).

    ``band``: plans that gain at least this share of the best one's gain are put to the model; the others keep their
    place behind them.
    """

    name = "llm"

    def __init__(
        self,
        model: RankingModel,
        planner: RulePlanner,
        budget: Budget,
        timeout_s: float,
        band: float,
        recorder: Recorder | None = None,
    ) -> None:
        self._model, self._planner, self._budget, self._recorder = model, planner, budget, recorder
        self._timeout_s, self._band = timeout_s, band
        self._under_way: list[Future[Reply]] = []

    def reorder(
        self,
        case: Case,
        candidates: Sequence[Candidate],
        judgements: Mapping[CandidateId, Judgement],
        ranking: Ranking,
        now: datetime,
    ) -> tuple[Ranking, Consultation | None]:
        """The ranking with the model's order of its best, and what was asked and answered (None: nothing to ask)."""
        near = self._near_the_best(candidates, judgements, ranking)
        if len(near) < 2:
            return ranking, None
        brief = write_brief(case, near, judgements, now)
        began = time.monotonic()
        reply, order, note, fault = self._consult(brief, now)
        new = ranking if order is None else (*order, *(i for i in ranking if i not in set(order)))
        advice = Advice.FELL_BACK if order is None else Advice.AGREED if new == ranking else Advice.REORDERED
        return new, Consultation(
            model=self._model.name,
            request_hash=hash_request(TASK, brief.text, brief.schema),
            request=brief.text,
            options=brief.letters,
            answer=reply.text if reply else "",
            tokens=reply.tokens if reply else 0,
            took_ms=round(1000 * (time.monotonic() - began)),
            advice=advice,
            fault=fault,
            note=note,
        )

    def _near_the_best(
        self, candidates: Sequence[Candidate], judgements: Mapping[CandidateId, Judgement], ranking: Ranking
    ) -> list[Candidate]:
        by_id = {candidate.id: candidate for candidate in candidates}
        ranked = [by_id[candidate_id] for candidate_id in ranking if candidate_id in judgements]
        if not ranked:
            return []
        worth = [self._planner.net_gain(candidate, judgements[candidate.id]) for candidate in ranked]
        near = [candidate for candidate, net in zip(ranked, worth, strict=True) if net >= self._band * worth[0]]
        return near[:MOST_OPTIONS]

    def _consult(self, brief: Brief, now: datetime) -> tuple[Reply | None, Ranking | None, str, str]:
        """(what came back, the order in it, its note, the fault); without an order there is a fault."""
        refusal = self._budget.refusal(now)
        if refusal is not None:
            return None, None, "", refusal
        outcome = self._ask(brief)
        self._record(brief, outcome)
        reply = outcome if isinstance(outcome, Reply) else None
        try:
            order, note = self._read(brief, outcome, now)
        except (Unavailable, ValueError) as error:
            logger.warning("the language model was of no help: %s", error)
            self._budget.note(failed=True, now=now)
            return reply, None, "", str(error)
        self._budget.note(failed=False, now=now)
        return reply, order, note, ""

    def _read(self, brief: Brief, outcome: Reply | Unavailable, now: datetime) -> tuple[Ranking, str]:
        if isinstance(outcome, Unavailable):
            raise outcome
        self._budget.spend(outcome.tokens, now)
        try:
            return brief.read(outcome.text)
        except ValueError as error:
            raise ValueError(f"the answer is {error}") from error

    def _ask(self, brief: Brief) -> Reply | Unavailable:
        """What the model says, or why nothing is to be had of it; after ``timeout_s`` at the latest."""
        self._under_way = [question for question in self._under_way if not question.done()]
        if len(self._under_way) >= _AT_ONCE:
            return Unavailable("too many questions under way")
        try:
            question = self._begin(brief)
            self._under_way.append(question)
            return _fit_to_keep(question.result(timeout=self._timeout_s))
        except NotInTime:
            return Unavailable(f"no answer within {self._timeout_s:g} s")
        except Unavailable as error:
            return error
        except Exception as error:  # whatever a model raises, the case goes on without it
            return Unavailable(f"{self._model.name}: {type(error).__name__}")

    def _begin(self, brief: Brief) -> Future[Reply]:
        """A question on its way, in a thread that keeps no process from ending: some servers never end a sentence."""
        question: Future[Reply] = Future()

        def ask() -> None:
            try:
                question.set_result(self._model.ask(TASK, brief.text, brief.schema))
            except Exception as error:
                question.set_exception(error)

        Thread(target=ask, name="advisor", daemon=True).start()
        return question

    def _record(self, brief: Brief, outcome: Reply | Unavailable) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder.write(self._model.name, hash_request(TASK, brief.text, brief.schema), brief.text, outcome)
        except OSError as error:
            logger.error("what the language model said can't be recorded: %s", error)


def _fit_to_keep(reply: Reply) -> Reply:
    """The reply. Raises Unavailable where it is too long to be kept on record, or no text that a database takes."""
    if len(reply.text) > _LONGEST_ANSWER:
        raise Unavailable(f"the answer is longer than {_LONGEST_ANSWER} characters")
    if reply.text != reply.text.encode(errors="replace").decode():
        raise Unavailable("the answer has half characters in it")
    return reply
