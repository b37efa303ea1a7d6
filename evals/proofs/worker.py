"""A service in a process of its own, to be killed: ``python -m evals.proofs.worker URL FOLDER CASES raise|answer``.

``raise`` brings up a day whose cases all wait for a person, says so, and waits itself. ``answer`` starts as after a
crash, approves whatever is open, and carries on until every answer has been carried out.
"""

import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from agent.service import Service
from evals.proofs.crowd import BREAK_DOWN_AT, OPENS_AT, breakdowns, crowd, open_service
from forestall.clock import ManualClock
from forestall.domain.vocabulary import Mode
from forestall.errors import Conflict


def main(url: str, folder: str, cases: int, task: str) -> None:
    clock = ManualClock(OPENS_AT if task == "raise" else BREAK_DOWN_AT + timedelta(minutes=2))
    with closing(open_service(url, Path(folder), clock, Mode.SUGGEST)) as service:
        if task == "raise":
            _raise(service, clock, cases)
            sys.stdin.read()  # until it is killed
        else:
            service.recover()
            _answer(service)


def _raise(service: Service, clock: ManualClock, cases: int) -> None:
    service.intake.put_plan(crowd(cases))
    service.intake.take_events(list(breakdowns(cases)))
    clock.advance_to(BREAK_DOWN_AT + timedelta(minutes=1))
    service.tick()
    with service.store.read() as uow:
        print(f"waiting {len(uow.approvals.list_open())}", flush=True)


def _answer(service: Service) -> None:
    with service.store.read() as uow:
        questions = uow.approvals.list_open()
    for question in questions:
        try:
            service.answer(question.case_id, question.interrupt_id, "approve", by="proof")
        except Conflict:
            continue  # the process before this one had taken it
    while True:
        service.tick()
        with service.store.read() as uow:
            if not uow.approvals.list_unresumed():
                break
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
