"""What a language model said, kept in a file and said again: one JSON line a question, answered or not."""

import json
from collections import defaultdict, deque
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from agent.planner.models import Reply, hash_request
from forestall.errors import BadInput, Problem, Unavailable

NEVER_RECORDED = "this question was never recorded"


class Recorder:
    """Appends to a file what came of each question: the answer, or why there was none, so that a replay fails alike."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput when the file can't be written to."""
        self._path, self._lock = path, Lock()
        try:
            with path.open("a", encoding="utf-8"):
                pass
        except OSError as error:
            problem = Problem("FORESTALL_LLM_RECORD", str(error), "name a file in a folder that can be written to")
            raise BadInput("The language model's answers can't be recorded.", [problem]) from error

    def write(self, model: str, request_hash: str, brief: str, outcome: Reply | Unavailable) -> None:
        """Raises OSError when the file can't be written to any more."""
        trace: dict[str, object] = {"request_hash": request_hash, "model": model, "brief": brief}
        if isinstance(outcome, Reply):
            trace |= {"answer": outcome.text, "tokens": outcome.tokens}
        else:
            trace |= {"fault": str(outcome)}
        line = json.dumps(trace) + "\n"
        with self._lock, self._path.open("a", encoding="utf-8") as out:
            out.write(line)


class RecordedModel:
    """Answers from a file of traces, by the hash of the question; a question that is not in it fails.

    One that was asked several times gets its answers in their order, and the last one from then on.
    """

    def __init__(self, path: Path) -> None:
        """Raises BadInput when the file can't be read or has a line that is no trace."""
        self.name = f"recorded:{path.name}"
        self._outcomes: defaultdict[str, deque[Reply | Unavailable]] = defaultdict(deque)
        self._lock = Lock()
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise _bad_traces(str(error)) from error
        for number, line in enumerate(lines, start=1):
            try:
                trace = json.loads(line)
                self._outcomes[str(trace["request_hash"])].append(_outcome(trace))
            except (ValueError, KeyError, TypeError) as error:
                raise _bad_traces(f"line {number} is no trace: {error}") from error

    def ask(self, task: str, brief: str, schema: Mapping[str, Any]) -> Reply:
        """Raises Unavailable for a question that failed when it was recorded, or never was."""
        with self._lock:
            outcomes = self._outcomes.get(hash_request(task, brief, schema))
            if not outcomes:
                raise Unavailable(f"{self.name}: {NEVER_RECORDED}")
            outcome = outcomes.popleft() if len(outcomes) > 1 else outcomes[0]
        if isinstance(outcome, Unavailable):
            raise outcome
        return outcome


def _outcome(trace: Mapping[str, Any]) -> Reply | Unavailable:
    if "fault" in trace:
        return Unavailable(str(trace["fault"]))
    return Reply(str(trace["answer"]), int(trace["tokens"]))


def _bad_traces(fault: str) -> BadInput:
    problem = Problem("FORESTALL_LLM_TRACES", fault, "name a file that FORESTALL_LLM_RECORD wrote")
    return BadInput("The recorded answers can't be used.", [problem])
