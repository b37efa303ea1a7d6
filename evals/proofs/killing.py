"""Cases wait for people, the process is killed again and again: every one is resumed, and none twice."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from forestall.clock import SystemClock
from forestall.domain.vocabulary import CaseStatus, Verdict
from forestall.errors import Unavailable
from forestall.store import Store

_GIVE_UP_S = 3600.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Killing:
    """``waiting`` cases when the process was first killed, ``kills`` in all; ``resumed`` were carried out, ``twice``
    of them more than once, ``lost`` not at all; ``sound`` is the audit log's chain."""

    waiting: int
    kills: int
    resumed: int
    twice: int
    lost: int
    sound: bool

    @property
    def holds(self) -> bool:
        return self.resumed == self.waiting > 0 and self.twice == self.lost == 0 and self.sound


def prove_killing(url: str, folder: Path, cases: int, kills: int, seed: int = 1) -> Killing:
    """Bring up ``cases`` waiting cases in a process, kill it, and those that carry on, at moments drawn by chance."""
    raiser = _start(url, folder, cases, "raise")
    assert raiser.stdout is not None
    said = raiser.stdout.readline().split()
    _kill(raiser)
    if said[:1] != [b"waiting"]:
        raise Unavailable("the process that brings up the waiting cases ended early")
    waiting = int(said[1])
    draws = random.Random(seed)
    with closing(Store.open(url, SystemClock())) as store:
        for share in sorted(draws.random() for _ in range(kills - 1)):
            worker = _start(url, folder, cases, "answer")
            _await_decisions(store, worker, round(share * waiting))
            time.sleep(draws.random() * 0.05)  # anywhere within a commit, a checkpoint or a send
            _kill(worker)
        worker = _start(url, folder, cases, "answer")
        if worker.wait(_GIVE_UP_S) != 0:
            raise Unavailable("the last process did not come to an end by itself")
        _close(worker)
        return _count(store, waiting, kills)


def _start(url: str, folder: Path, cases: int, task: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "evals.proofs.worker", url, str(folder), str(cases), task]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  # our own module


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def _await_decisions(store: Store, worker: subprocess.Popen[bytes], count: int) -> None:
    give_up = time.monotonic() + _GIVE_UP_S
    while worker.poll() is None and time.monotonic() < give_up:
        with store.read() as uow:
            if uow.decisions.count() >= count:
                return
        time.sleep(_LOOK_EVERY_S)


def _count(store: Store, waiting: int, kills: int) -> Killing:
    with store.read() as uow:
        cases = uow.cases.list(limit=100_000)
        done = Counter(
            decision.case_id
            for decision in uow.decisions.list(limit=100_000)
            if decision.verdict is Verdict.APPROVED and decision.candidate_id is not None
        )
        sent = Counter(row.effect.case_id for row in uow.outbox.list_after(0, limit=1_000_000))
        unsettled = sum(case.status is not CaseStatus.MONITORING for case in cases)
        return Killing(
            waiting=waiting,
            kills=kills,
            resumed=len(done),
            twice=sum(count > 1 for count in done.values()) + sum(count > 1 for count in sent.values()),
            lost=sum(case.id not in done or case.id not in sent for case in cases) + unsettled,
            sound=uow.audit.verify() is None,
        )
