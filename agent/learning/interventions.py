"""Which stops a committed decision reached: from then on their earlier scores say nothing about the forecast."""

from forestall.domain.actions import Candidate
from forestall.domain.decisions import Decision
from forestall.domain.ids import StopId
from forestall.domain.learning import Intervention
from forestall.domain.vocabulary import ActionKind, Channel


def interventions_of(decision: Decision, candidate: Candidate) -> list[Intervention]:
    """Every free stop of a changed route (a change names them all), else those whose customer is written to.

    A list sent again to tell of a safe place is no other plan: it reaches those alone of whom it tells. A changed plan
    censors more than a message, so a stop that gets both is named by its plan.
    """
    plans = frozenset(candidate.kinds) != {ActionKind.SAFE_PLACE}
    planned = {stop_id for change in candidate.route_changes for stop_id in change.stop_ids if plans}
    told = {stop_id for action in candidate.actions for stop_id in action.stop_ids if not plans}
    told |= {StopId(notice.subject_id) for notice in candidate.notices if notice.channel is Channel.SMS}
    return [
        Intervention(decision.id, stop_id, decision.at, changes_plan=stop_id in planned)
        for stop_id in sorted(planned | told)
    ]
