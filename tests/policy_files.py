"""Operator's policies made for a test."""

from pathlib import Path

ALL = 'permit (principal, action == Action::"execute", resource);'
ASK = '@id("test.ask") @why("a person decides") permit (principal, action == Action::"executeWithApproval", resource);'
VETO = (
    '@id("test.veto") @why("unless vetoed") @veto_minutes("5") '
    'permit (principal, action == Action::"executeUnlessVetoed", resource);'
)


def permit_all() -> str:
    """Everything is automatic that no guardrail forbids."""
    return f'@id("test.all") @why("everything") {ALL}'


def forbid_alone(policy_id: str, condition: str) -> str:
    """Nothing is automatic while ``condition`` holds."""
    return (
        f'@id("{policy_id}") @why("not alone while {policy_id}") '
        f'forbid (principal, action == Action::"execute", resource) when {{ {condition} }};'
    )


def write_policies(folder: Path, *policies: str) -> Path:
    """A folder with these as the operator's own; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "autonomy.cedar").write_text("\n".join(policies), encoding="utf-8")
    return folder
