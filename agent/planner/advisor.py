"""The language model's say: it may reorder plans that are nearly as good as each other, and nothing else."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from datetime import datetime

from agent.planner.brief import MOST_OPTIONS, TASK, Brief, write_brief
from agent.planner.budget import Budget
from agent.planner.models import RankingModel, Reply, hash_request
from agent.planner.rules import RulePlanner
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.cases import Case
from forestall.domain.decisions import Consultation
from forestall.domain.ids import CandidateId
from forestall.domain.vocabulary import Advice
from forestall.errors import Unavailable

logger = logging.getLogger(__name__)
Ranking = tuple[CandidateId, ...]
_AT_ONCE = 2  # questions under way; one more finds nobody free


class Advisor:
    """Asks a ``RankingModel`` within ``timeout_s`` and a budget. Whatever it says or fails to say, every plan in the
    ranking is one the rules found worth doing, and the model's own choice never runs without a person's look (policy).

    ``band``: plans that gain at least this share of the best one's gain are put to the model; the others keep their
    place behind them.
    """

    name = "llm"

    def __init__(
        self, model: RankingModel, planner: RulePlanner, budget: Budget, timeout_s: float, band: float
    ) -> None:
        self._model, self._planner, self._budget = model, planner, budget
        self._timeout_s, self._band = timeout_s, band
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="advisor")
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

    def close(self) -> None:
        """Let go of the threads; a question under way ends by its own time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

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
        self._under_way = [question for question in self._under_way if not question.done()]
        refusal = self._budget.refusal(now) or ("too many questions under way" if self._is_busy() else None)
        if refusal is not None:
            return None, None, "", refusal
        question = self._threads.submit(self._model.ask, TASK, brief.text, brief.schema)
        self._under_way.append(question)
        reply = None
        try:
            reply = question.result(timeout=self._timeout_s)
            self._budget.spend(reply.tokens, now)
            order, note = brief.read(reply.text)
        except NotInTime:
            fault = f"no answer within {self._timeout_s:g} s"
        except Unavailable as error:
            fault = str(error)
        except ValueError as error:
            fault = f"the answer is {error}"
        else:
            self._budget.note(failed=False, now=now)
            return reply, order, note, ""
        logger.warning("the language model was of no help: %s", fault)
        self._budget.note(failed=True, now=now)
        return reply, None, "", fault

    def _is_busy(self) -> bool:
        return len(self._under_way) >= _AT_ONCE
