"""Situations for the tools: a snapshot, its forecast, and the real engines."""

from collections.abc import Callable

import pytest

from factories import make_case
from forestall.domain.cases import Case
from forestall.domain.network import Contact
from forestall.domain.snapshot import HubSnapshot
from optimizer.repair import Repairer
from optimizer.risk import Forecaster
from optimizer.travel import HaversineTravel
from tools.situation import Situation


@pytest.fixture(scope="session")
def forecaster() -> Forecaster:
    return Forecaster(samples=64)


@pytest.fixture(scope="session")
def repairer() -> Repairer:
    return Repairer(samples=64)


@pytest.fixture
def situation_of(forecaster: Forecaster, repairer: Repairer) -> Callable[..., Situation]:
    def make(snapshot: HubSnapshot, case: Case | None = None, contacts: tuple[Contact, ...] = (), **fields: object):
        travel = HaversineTravel()
        return Situation(
            case=case or make_case(),
            snapshot=snapshot,
            forecast=forecaster.forecast(snapshot, travel),
            travel=travel,
            prepare=lambda: repairer.prepare(snapshot, travel),
            repairer=repairer,
            contacts={contact.id: contact for contact in contacts},
            **fields,
        )

    return make
