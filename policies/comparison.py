"""What changed between two versions of the policies, policy by policy."""

import difflib
import json
from dataclasses import dataclass

import cedarpy

from policies.gate import PolicyTexts


@dataclass(frozen=True, slots=True)
class Comparison:
    """Policies by their ``@id``; ``lines`` is the unified difference of the operator's own texts."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    lines: tuple[str, ...]


def compare(old: PolicyTexts, new: PolicyTexts) -> Comparison:
    """Two versions that have been validated. A policy that is merely laid out otherwise has not changed."""
    before, after = _by_id(old), _by_id(new)
    return Comparison(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
        lines=tuple(
            difflib.unified_diff(old.own.splitlines(), new.own.splitlines(), old.version, new.version, lineterm="", n=1)
        ),
    )


def _by_id(texts: PolicyTexts) -> dict[str, object]:
    parsed = json.loads(cedarpy.policies_to_json_str(texts.policies))["staticPolicies"].values()
    return {policy["annotations"]["id"]: policy for policy in parsed}
