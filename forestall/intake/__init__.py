"""How the outside world's data becomes ours: a day's plan and the events of its day.

Owns the documents we read (JSON, CSV folders, VRPLIB files, CloudEvents batches), every check on them, the pure rules
by which an event changes rows, and the service that applies both to the store. It takes a document whole or not at
all. It may import domain, errors, clock and store; never the agent, the tools, the optimizer, the API or SQLAlchemy.
"""

from forestall.intake.events import parse_events
from forestall.intake.files import read_plan_file
from forestall.intake.plan import parse_plan, plan_digest, plan_document
from forestall.intake.service import EventsReceipt, Intake, PlanReceipt

__all__ = [
    "EventsReceipt",
    "Intake",
    "PlanReceipt",
    "parse_events",
    "parse_plan",
    "plan_digest",
    "plan_document",
    "read_plan_file",
]
