"""Rules that scored overrides speak for: texts for a person to take over, only where chance is no explanation.

Four things can be learned. Vetoes that kept promises speak for asking first. Noes and lapses that cost promises speak
for less asking: a veto window in place of an approval, and no window in place of one that was used to no good. Noes to
an approval that kept promises speak for going on as it is, which is said as well, and no rule comes of it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.overrides.evidence import Evidence, holm, weigh
from agent.overrides.which import WORDS
from forestall.domain.ids import HubId
from forestall.domain.overrides import OverrideScore
from forestall.domain.vocabulary import Autonomy, CaseKind

LEAST_CASES = 20
LEAST_DAYS = 5
ALPHA = 0.05
VETO_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Group:
    """Overrides that one rule could be about; ``hub_id`` None: those of all hubs."""

    autonomy: Autonomy
    case_kind: CaseKind
    kinds: tuple[str, ...]
    hub_id: HubId | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a group's overrides speak for. ``cedar`` is the policy to take over, None where all is well as it is;
    ``p_value`` is corrected for how many groups were tested."""

    group: Group
    says: str
    cedar: str | None
    p_value: float
    evidence: Evidence


def suggest(scores: Sequence[OverrideScore]) -> tuple[list[Suggestion], int]:
    """What the overrides speak for, the surest first, and how many groups there were enough of to be tested. What goes
    for all hubs is not said of each again."""
    tested = [(group, weighed) for group, weighed in _weighed(scores) if _is_enough(weighed)]
    corrected = holm([weighed.p_value for _, weighed in tested])
    found = [
        _suggestion(group, weighed, p_value)
        for (group, weighed), p_value in zip(tested, corrected, strict=True)
        if p_value < ALPHA
    ]
    broad = {(replace(one.group, hub_id=None), one.says) for one in found if one.group.hub_id is None}
    told = [
        one for one in found if one.group.hub_id is None or (replace(one.group, hub_id=None), one.says) not in broad
    ]
    return sorted(told, key=lambda one: (one.p_value, _name(one.group))), len(tested)


def _weighed(scores: Iterable[OverrideScore]) -> list[tuple[Group, Evidence]]:
    """Each group of one hub and of all; where only one hub has any, it speaks for itself."""
    groups: dict[Group, list[OverrideScore]] = {}
    for score in scores:
        for hub_id in (score.hub_id, None):
            groups.setdefault(Group(score.autonomy, score.case_kind, score.kinds, hub_id), []).append(score)
    return [
        (group, weigh(several))
        for group, several in groups.items()
        if group.kinds and not (group.hub_id is None and len({score.hub_id for score in several}) == 1)
    ]


def _is_enough(weighed: Evidence) -> bool:
    return weighed.cases >= LEAST_CASES and weighed.days >= LEAST_DAYS


def _suggestion(group: Group, weighed: Evidence, p_value: float) -> Suggestion:
    is_veto, was_right = group.autonomy is Autonomy.VETO_WINDOW, weighed.gained > 0
    if was_right and not is_veto:
        return Suggestion(group, "People were right to refuse: go on asking them.", None, p_value, weighed)
    if was_right:
        says = "Vetoes kept promises: ask a person first."
        rule = 'forbid (principal, action in [Action::"execute", Action::"executeUnlessVetoed"], {resource})'
        notes = ""
    elif is_veto:
        says = "Vetoes cost promises: carry it out without a veto window."
        rule, notes = 'permit (principal, action == Action::"execute", {resource})', ""
    else:
        says = "Refusals cost promises: carry it out unless somebody vetoes it."
        rule = 'permit (principal, action == Action::"executeUnlessVetoed", {resource})'
        notes = f'\n@veto_minutes("{VETO_MINUTES}")'
    return Suggestion(group, says, _cedar(group, weighed, p_value, rule, notes), p_value, weighed)


def _cedar(group: Group, weighed: Evidence, p_value: float, rule: str, notes: str) -> str:
    resource = "resource" if group.hub_id is None else f"resource in Hub::{json.dumps(group.hub_id)}"
    why = (
        f"{weighed.overrides} overrides of {weighed.cases} cases on {weighed.days} days: {weighed.kept_done} promises"
        f" kept as people decided, {weighed.kept_proposed} as proposed (p {p_value:.4f})."
    )
    allowed = sorted({*group.kinds, *(kind.value for kind in WORDS)})
    return (
        f"@id({json.dumps(_name(group))})\n@why({json.dumps(why)}){notes}\n{rule.format(resource=resource)}\nwhen {{\n"
        f"    context.caseKind == {json.dumps(group.case_kind.value)} &&\n"
        f"    context.kinds.containsAll({json.dumps(list(group.kinds))}) &&\n"
        f"    {json.dumps(allowed)}.containsAll(context.kinds)\n}};\n"
    )


def _name(group: Group) -> str:
    parts = ("suggested", group.case_kind.value, "_".join(group.kinds), group.hub_id or "all_hubs")
    return ".".join(parts).lower()
