"""Building the situation a case is considered in, from one consistent read of the store."""

from agent.hub_groups import group_hubs
from agent.limits import board_of, pace_of
from agent.pictures import Picture
from agent.run import Workplace
from forestall.domain.cases import Case
from forestall.domain.ids import ContactId, HubId
from forestall.domain.network import Contact
from forestall.store import UnitOfWork
from tools.situation import Situation


def situation_of(work: Workplace, uow: UnitOfWork, case: Case) -> Situation:
    """The case amid its hubs as they stand now, forecast, with what customers and carriers were told so far."""
    picture = work.pictures.take(uow, case.day, hubs_around(uow, case), work.clock.now())
    snapshot = picture.snapshot
    zone = snapshot.hubs[case.hub_id].time_zone
    contacts = _contacts(uow, case, picture)
    work.contact_log.refresh(uow)
    work.carrier_log.refresh(uow)
    return Situation(
        case=case,
        snapshot=snapshot,
        forecast=picture.forecast,
        travel=picture.travel,
        prepare=lambda: work.pictures.problem_of(picture),
        repairer=work.repairer,
        contacts=contacts,
        told=work.contact_log.told([*snapshot.stops], snapshot.taken_at, zone),
        told_today_by_contact=work.contact_log.count_by_contact(contacts, snapshot.taken_at, zone),
        reported=work.carrier_log.reported(snapshot.taken_at, zone),
        asking=work.asking,
        earlier_departure=work.earlier_departure,
        pace=pace_of(uow, case.hub_id, snapshot.taken_at),
        board=board_of(work, uow),
    )


def hubs_around(uow: UnitOfWork, case: Case) -> tuple[HubId, ...]:
    """The case's hub with those it shares links with."""
    groups = group_hubs(uow.state.list_hub_ids(case.day), uow.state.list_links(case.day))
    return next(group for group in groups if case.hub_id in group)


def _contacts(uow: UnitOfWork, case: Case, picture: Picture) -> dict[ContactId, Contact]:
    """Everybody a candidate of this case could have to tell: the customers of its routes' open stops, and of its own,
    which may have failed."""
    snapshot = picture.snapshot
    still_open = (stop for route_id in case.route_ids for stop in snapshot.open_stops(route_id))
    own = (snapshot.stops[stop_id] for stop_id in case.stop_ids if stop_id in snapshot.stops)
    named = (snapshot.orders[stop.order_id].contact_id for stop in (*still_open, *own) if stop.order_id)
    known = uow.state.list_contacts(contact_id for contact_id in named if contact_id)
    return {contact.id: contact for contact in known}
