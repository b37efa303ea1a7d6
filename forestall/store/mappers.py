"""The mapper of every domain value that has a table of its own."""

from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Decision, Proposal
from forestall.domain.effects import OutboxRow
from forestall.domain.events import Event
from forestall.domain.forecast import RouteForecast, StopForecast
from forestall.domain.hindrances import Absence, Closure
from forestall.domain.instructions import Instruction
from forestall.domain.learning import DriftState, Grade, Intervention, Outcome, StoredModel
from forestall.domain.network import Carrier, Contact, Driver, Hub, HubLink, Vehicle
from forestall.domain.orders import Order, Package
from forestall.domain.overrides import OverrideScore
from forestall.domain.plan import TravelMatrix
from forestall.domain.policies import PolicyVersion
from forestall.domain.reversals import Reversal
from forestall.domain.routes import Attempt, Position, Route, Stop
from forestall.domain.switches import Switch
from forestall.domain.tenders import Tender
from forestall.store import tables
from forestall.store.mapping import Mapper

HUBS = Mapper(Hub, tables.hubs)
LINKS = Mapper(HubLink, tables.hub_links)
CARRIERS = Mapper(Carrier, tables.carriers)
CONTACTS = Mapper(Contact, tables.contacts)
VEHICLES = Mapper(Vehicle, tables.vehicles)
DRIVERS = Mapper(Driver, tables.drivers)
ORDERS = Mapper(Order, tables.orders)
PACKAGES = Mapper(Package, tables.packages)
ROUTES = Mapper(Route, tables.routes)
STOPS = Mapper(Stop, tables.stops)
CLOSURES = Mapper(Closure, tables.closures)
ABSENCES = Mapper(Absence, tables.absences)
ATTEMPTS = Mapper(Attempt, tables.attempts)
POSITIONS = Mapper(Position, tables.positions)
MATRICES = Mapper(TravelMatrix, tables.matrices)
CASES = Mapper(Case, tables.cases)
PROPOSALS = Mapper(Proposal, tables.proposals)
APPROVALS = Mapper(Approval, tables.approvals)
TENDERS = Mapper(Tender, tables.tenders)
INSTRUCTIONS = Mapper(Instruction, tables.instructions)
DECISIONS = Mapper(Decision, tables.decisions)
REVERSALS = Mapper(Reversal, tables.reversals)
EVENTS = Mapper(Event, tables.inbox)
OUTBOX = Mapper(OutboxRow, tables.outbox, prefixes={"effect": ""})
SCORES = Mapper(StopForecast, tables.scores)
ROUTE_SCORES = Mapper(RouteForecast, tables.route_scores)
OUTCOMES = Mapper(Outcome, tables.outcomes)
INTERVENTIONS = Mapper(Intervention, tables.interventions)
GRADES = Mapper(Grade, tables.grades)
MODELS = Mapper(StoredModel, tables.models)
OVERRIDE_SCORES = Mapper(OverrideScore, tables.override_scores)
DRIFT_STATES = Mapper(DriftState, tables.drift_states)
SWITCHES = Mapper(Switch, tables.switches)
POLICY_VERSIONS = Mapper(PolicyVersion, tables.policy_versions)
