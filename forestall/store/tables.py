"""Every table, in one place. Column names are the domain's field names; an embedded value's fields carry its name.

Four kinds of table: the *state* of the days being driven (foreign keys hold it together; replaced and removed by
day), the *work* on it (cases, proposals, approvals, decisions), the *journals* (inbox, outbox, audit, scores,
snapshots), which name things by id alone so that they outlive the state they speak of, and *learning* (kept features,
outcomes, grades, models), which names things by id alone for the same reason.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from forestall.domain.actions import Candidate, Judgement, NoCandidate
from forestall.domain.decisions import Asked, Consultation, GateVerdict
from forestall.domain.forecast import Contribution, HubForecast
from forestall.domain.ids import CandidateId, LocationId, PackageId, RouteId, StopId
from forestall.domain.network import HoursOfService
from forestall.domain.vocabulary import (
    Autonomy,
    CarrierKind,
    CaseKind,
    CaseStatus,
    Channel,
    DriverWord,
    EventOutcome,
    EventType,
    FailureReason,
    HolderKind,
    InstructionStatus,
    ModelKind,
    ModelStatus,
    OutboxState,
    OverrideReason,
    PolicyStatus,
    Position,
    Reply,
    RouteStatus,
    StopKind,
    StopStatus,
    SwitchScope,
    TenderStatus,
    Tier,
    Tool,
    VehicleMode,
    Verdict,
)
from forestall.store.columns import Instant, Json, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Amounts = Mapping[str, float]
_Values = Mapping[str, object]
# SQLite counts rows by itself only in a column spelt exactly INTEGER PRIMARY KEY.
_Sequence = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _day() -> Column[str]:
    return Column("day", Text, ForeignKey("plans.day"), primary_key=True)


def _seq() -> Column[int]:
    return Column("seq", _Sequence, primary_key=True, autoincrement=True)


def _of_day(column: str, target: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["day", column], [f"{target}.day", f"{target}.id"])


meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# --- the state of the days being driven -----------------------------------------------------------------------------

plans = Table(
    "plans",
    metadata,
    Column("day", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("matrix_id", Text),
    Column("taken_in_at", Instant, nullable=False),
)

matrices = Table(
    "matrices",
    metadata,
    _id(),
    Column("location_ids", Json(tuple[LocationId, ...]), nullable=False),
    Column("durations_f32", LargeBinary, nullable=False),
)

hubs = Table(
    "hubs",
    metadata,
    _day(),
    _id(),
    Column("name", Text, nullable=False),
    Column("location_id", Text, nullable=False),
    Column("location_lat", Float(53), nullable=False),
    Column("location_lon", Float(53), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("opens_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
)

hub_links = Table(
    "hub_links",
    metadata,
    _day(),
    Column("from_hub", Text, primary_key=True),
    Column("to_hub", Text, primary_key=True),
    Column("duration_s", Float(53), nullable=False),
    _of_day("from_hub", "hubs"),
    _of_day("to_hub", "hubs"),
)

# One row a hub, not one a hub and day: it counts what happened to the hub, and doubles as its mark of change.
hub_versions = Table(
    "hub_versions",
    metadata,
    Column("hub_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("phone", Text),
    Column("email", Text),
    Column("webhook", Text),
    Column("locale", Text, nullable=False),
    Column("accepts_sms", Boolean, nullable=False),
    Column("opted_out_at", Instant),
    Column("opted_in_at", Instant),
    Index(None, "phone"),
)

carriers = Table(
    "carriers",
    metadata,
    _day(),
    _id(),
    Column("name", Text, nullable=False),
    Column("kind", Word(CarrierKind), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("cost_per_stop_cents", Integer, nullable=False),
    Column("free_stops", Integer),
    Column("contact_id", Text, ForeignKey("contacts.id")),
    Column("answers_within_s", Float(53)),
)

vehicles = Table(
    "vehicles",
    metadata,
    _day(),
    _id(),
    Column("hub_id", Text, nullable=False),
    Column("carrier_id", Text, nullable=False),
    Column("mode", Word(VehicleMode), nullable=False),
    Column("capacity", Json(_Amounts), nullable=False),
    Column("skills", Json(frozenset[str]), nullable=False),
    _of_day("hub_id", "hubs"),
    _of_day("carrier_id", "carriers"),
)

drivers = Table(
    "drivers",
    metadata,
    _day(),
    _id(),
    Column("carrier_id", Text, nullable=False),
    Column("shift_start", Instant, nullable=False),
    Column("shift_end", Instant, nullable=False),
    Column("name", Text, nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id")),
    Column("hours", Json(HoursOfService)),
    _of_day("carrier_id", "carriers"),
)

orders = Table(
    "orders",
    metadata,
    _id(),
    Column("day", Text, ForeignKey("plans.day"), nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("promise_opens_at", Instant, nullable=False),
    Column("promise_closes_at", Instant, nullable=False),
    Column("tier", Word(Tier), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id")),
    Column("word_asked_at", Instant),
    Column("word_answer", Word(Reply)),
    Column("word_answered_at", Instant),
    Column("word_fine_until", Instant),
    Column("word_understood_at", Instant),
    Column("word_unclear_at", Instant),
    Column("word_corrected_at", Instant),
    _of_day("hub_id", "hubs"),
    Index(None, "day", "hub_id"),
    Index(None, "contact_id"),
)

packages = Table(
    "packages",
    metadata,
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    Column("custody_kind", Word(HolderKind), nullable=False),
    Column("custody_holder_id", Text, nullable=False),
    Column("custody_since", Instant, nullable=False),
    Column("size", Json(_Amounts), nullable=False),
    Column("available_at", Instant),
)

routes = Table(
    "routes",
    metadata,
    _id(),
    Column("day", Text, ForeignKey("plans.day"), nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("vehicle_id", Text, nullable=False),
    Column("driver_id", Text),
    Column("departs_at", Instant, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("status", Word(RouteStatus), nullable=False),
    Column("load_ready_at", Instant),
    Column("departed_at", Instant),
    Column("broken_at", Instant),
    Column("is_spare", Boolean, nullable=False),
    Column("notice_s", Float(53), nullable=False),
    Column("plan_version", BigInteger, nullable=False),
    Column("acknowledged_version", BigInteger, nullable=False),
    _of_day("hub_id", "hubs"),
    _of_day("vehicle_id", "vehicles"),
    _of_day("driver_id", "drivers"),
    UniqueConstraint("day", "vehicle_id"),  # a route is a vehicle's day
    Index(None, "day", "hub_id"),
)

stops = Table(
    "stops",
    metadata,
    _id(),
    Column("route_id", Text, ForeignKey("routes.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("location_id", Text, nullable=False),
    Column("location_lat", Float(53), nullable=False),
    Column("location_lon", Float(53), nullable=False),
    Column("window_opens_at", Instant, nullable=False),
    Column("window_closes_at", Instant, nullable=False),
    Column("service_s", Float(53), nullable=False),
    Column("order_id", Text, ForeignKey("orders.id"), index=True),
    Column("kind", Word(StopKind), nullable=False),
    Column("status", Word(StopStatus), nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("skills", Json(frozenset[str]), nullable=False),
    Column("package_ids", Json(tuple[PackageId, ...]), nullable=False),
    Column("transfer_from", Text),
    Column("transfer_to", Text),
    Column("departed_at", Instant),
    Column("arrived_at", Instant),
    Column("finished_at", Instant),
    Column("safe_place", Boolean, nullable=False, server_default=false()),
    Column("retried_at", Instant),
    Index(None, "route_id", "sequence"),
)

# What is told of a closure or an absence holds for a day's hub or driver, and goes with that day's plan.
closures = Table(
    "closures",
    metadata,
    _day(),
    _id(),
    Column("hub_id", Text, primary_key=True),
    Column("lat", Float(53), nullable=False),
    Column("lon", Float(53), nullable=False),
    Column("radius_m", Float(53), nullable=False),
    Column("begins_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    _of_day("hub_id", "hubs"),
)

absences = Table(
    "absences",
    metadata,
    _day(),
    Column("driver_id", Text, primary_key=True),
    Column("until", Instant),
    Column("told_at", Instant, nullable=False),
    _of_day("driver_id", "drivers"),
)

attempts = Table(
    "attempts",
    metadata,
    _seq(),
    Column("stop_id", Text, ForeignKey("stops.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("reason", Word(FailureReason)),
    Column("said", Word(DriverWord)),
    sqlite_autoincrement=True,
)

positions = Table(
    "positions",
    metadata,
    Column("vehicle_id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("lat", Float(53), nullable=False),
    Column("lon", Float(53), nullable=False),
    Column("standing_since", Instant),
)

# --- the work on it -------------------------------------------------------------------------------------------------

_IS_A_REPLY = text("type = 'customer_reply'")
_IS_A_FAILURE = text("type = 'failed'")
_CASE_IS_ACTIVE = text("status NOT IN ('RESOLVED', 'EXPIRED', 'MERGED', 'SUPPRESSED')")

cases = Table(
    "cases",
    metadata,
    _id(),
    Column("fingerprint", Text, nullable=False),
    Column("kind", Word(CaseKind), nullable=False),
    Column("status", Word(CaseStatus), nullable=False),
    Column("day", Text, nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("route_ids", Json(tuple[RouteId, ...]), nullable=False),
    Column("stop_ids", Json(tuple[StopId, ...]), nullable=False),
    Column("severity", Float(53), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("evidence", Json(_Values), nullable=False),
    Column("avoidable_loss", Float(53), nullable=False),
    Column("act_by", Instant),
    Column("closed_at", Instant),
    Column("plan_rev", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("quiet_since", Instant),
    Column("planned_at", Instant),
    Column("owner", Text),
    Column("taken_over", Boolean, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("snoozed_until", Instant),
    Column("wake_at_severity", Float(53)),
    Column("merged_into", Text),
    Column("expires_at", Instant),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", Instant),
    Column("wake_before_window_s", Float(53)),
    Column("merged_by", Text),
    Index(None, "day", "status"),
    # One root cause is one live case, whoever opens it and on whichever server.
    Index(
        "uq_cases_active_fingerprint",
        "fingerprint",
        unique=True,
        sqlite_where=_CASE_IS_ACTIVE,
        postgresql_where=_CASE_IS_ACTIVE,
    ),
)

proposals = Table(
    "proposals",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("plan_rev", Integer, primary_key=True),
    Column("snapshot_id", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("candidates", Json(tuple[Candidate, ...]), nullable=False),
    Column("judgements", Json(Mapping[CandidateId, Judgement]), nullable=False),
    Column("ranking", Json(tuple[CandidateId, ...]), nullable=False),
    Column("declined", Json(tuple[NoCandidate, ...]), nullable=False),
    Column("chosen", Text),
    Column("gate", Json(GateVerdict)),
    Column("planner", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("travel", Text, nullable=False, server_default=""),
    Column("held_out", Boolean, nullable=False, server_default=false()),
    Column("consultation", Json(Consultation)),
    Column("edited_from", Text),
    Column("asked", Json(tuple[Asked, ...]), nullable=False, server_default="[]"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("interrupt_id", Text, primary_key=True),
    Column("plan_rev", Integer, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("is_veto", Boolean, nullable=False),
    Column("verdict", Word(Verdict)),
    Column("answered_at", Instant),
    Column("answered_by", Text),
    Column("role", Text, nullable=False, server_default=""),
    Column("reason", Word(OverrideReason)),
    Column("note", Text, nullable=False),
    Column("resumed", Boolean, nullable=False),
    Column("on_behalf_of", Text),
    Column("shown_at", Instant),
    Column("looked_s", Float(53)),
    Column("instead_of", Integer),
    Index(None, "resumed", "expires_at"),
)

tenders = Table(
    "tenders",
    metadata,
    _id(),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("plan_rev", Integer, nullable=False),
    Column("day", Text, nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("carrier_id", Text, nullable=False),
    Column("stop_ids", Json(tuple[StopId, ...]), nullable=False),
    Column("from_routes", Json(tuple[RouteId, ...]), nullable=False),
    Column("cost_cents", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("answer_by", Instant, nullable=False),
    Column("status", Word(TenderStatus), nullable=False),
    Column("answered_at", Instant),
    Column("settled", Boolean, nullable=False),
    Index(None, "day", "hub_id"),
    Index(None, "settled", "answer_by"),
)

# Kept after the driver has confirmed them: who had to be asked how often is found here.
instructions = Table(
    "instructions",
    metadata,
    Column("route_id", Text, primary_key=True),
    Column("plan_version", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("case_id", Text, nullable=False, index=True),
    Column("cause", Text, nullable=False),
    Column("plan_rev", Integer, nullable=False),
    Column("decision_id", Text, nullable=False),
    Column("stops_before", Json(tuple[StopId, ...]), nullable=False),
    Column("departs_before", Instant, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("answer_by", Instant, nullable=False),
    Column("channel", Word(Channel), nullable=False),
    Column("next_at", Instant),
    Column("passed_on_at", Instant),
    Column("status", Word(InstructionStatus), nullable=False),
    Column("settled_at", Instant),
    Index(None, "status", "day", "hub_id"),
    Index(None, "status", "next_at"),
)

# Append-only: triggers in the migrations refuse UPDATE and DELETE.
decisions = Table(
    "decisions",
    metadata,
    _id(),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, index=True),
    Column("plan_rev", Integer, nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("verdict", Word(Verdict), nullable=False),
    Column("actor", Text, nullable=False),
    Column("candidate_id", Text),
    Column("snapshot_id", Text, nullable=False),
    Column("read_set", Json(Mapping[RouteId, int]), nullable=False),
    Column("reason", Word(OverrideReason)),
    Column("note", Text, nullable=False),
    Column("cost_cents", Integer, nullable=False, server_default="0"),
    Index(None, "hub_id", "at"),
)

# How far the service may go; one row for each switch that was ever touched.
switches = Table(
    "switches",
    metadata,
    Column("scope", Word(SwitchScope), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("position", Word(Position), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
)

_POLICY_IS_ACTIVE = text("status = 'ACTIVE'")

policy_versions = Table(
    "policy_versions",
    metadata,
    _id(),
    Column("own", Text, nullable=False),
    Column("policies", Text, nullable=False),
    Column("schema", Text, nullable=False),
    Column("status", Word(PolicyStatus), nullable=False),
    Column("author", Text, nullable=False),
    Column("drafted_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("why", Text, nullable=False),
    # One version is in force, whoever promotes and on whichever server.
    Index(
        "uq_policy_versions_active",
        "status",
        unique=True,
        sqlite_where=_POLICY_IS_ACTIVE,
        postgresql_where=_POLICY_IS_ACTIVE,
    ),
)

# How the routes a decision changed stood before; ``undone_by`` is written once.
reversals = Table(
    "reversals",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, index=True),
    Column("day", Text, nullable=False, index=True),
    Column("made_at", Instant, nullable=False),
    Column("candidate", Json(Candidate), nullable=False),
    Column("before", Json(Mapping[RouteId, tuple[StopId, ...]]), nullable=False),
    Column("departures", Json(Mapping[RouteId, datetime]), nullable=False),
    Column("undone_by", Text),
)

# --- the journals ---------------------------------------------------------------------------------------------------

_IS_POSITION = text("type = 'position'")

inbox = Table(
    "inbox",
    metadata,
    _seq(),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Word(EventType), nullable=False),
    Column("subject", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("data", Json(_Values), nullable=False),
    Column("day", Text, index=True),
    Column("outcome", Word(EventOutcome), nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("source", "id"),
    Index(None, "outcome", "seq"),
    # Where a vehicle was at a time that somebody asks about; what other events tell stands in the state.
    Index("ix_inbox_positions", "subject", "occurred_at", sqlite_where=_IS_POSITION, postgresql_where=_IS_POSITION),
    # of the few events that are read by what they are about
    Index("ix_inbox_replies", "subject", sqlite_where=_IS_A_REPLY, postgresql_where=_IS_A_REPLY),
    Index("ix_inbox_failures", "subject", sqlite_where=_IS_A_FAILURE, postgresql_where=_IS_A_FAILURE),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    _seq(),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Word(Channel), nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("payload", Json(_Values), nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Column("case_id", Text, index=True),
    Column("decision_id", Text),
    Column("state", Word(OutboxState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("leased_until", Instant),
    Column("settled_at", Instant),
    Column("detail", Json(_Values), nullable=False),
    Column("hub_id", Text),
    Column("tool", Word(Tool)),
    Index(None, "state", "not_before"),
    Index(None, "recipient_id", "seq"),
    sqlite_autoincrement=True,
)

# Append-only, as decisions are. ``seq`` is given by the appender, so that a gap means a missing record.
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "subject", "seq"),
)

forecasts = Table(
    "forecasts",
    metadata,
    _seq(),
    Column("snapshot_id", Text, nullable=False),
    Column("taken_at", Instant, nullable=False, index=True),
    Column("model", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("hubs", Json(tuple[HubForecast, ...])),
    sqlite_autoincrement=True,
)

scores = Table(
    "scores",
    metadata,
    Column("stop_id", Text, primary_key=True),
    Column("forecast_seq", _Sequence, ForeignKey("forecasts.seq"), primary_key=True, autoincrement=False),
    Column("route_id", Text, nullable=False),
    Column("p_late", Float(53), nullable=False),
    Column("p_failed", Float(53), nullable=False),
    Column("p_miss", Float(53), nullable=False),
    Column("eta_p10", Instant, nullable=False),
    Column("eta_p50", Instant, nullable=False),
    Column("eta_p90", Instant, nullable=False),
    Column("expected_lateness_s", Float(53), nullable=False),
    Column("reasons", Json(tuple[Contribution, ...]), nullable=False),
    Column("p_undone", Float(53), nullable=False),
    Column("p_ordinary", Float(53), nullable=False),
)

route_scores = Table(
    "route_scores",
    metadata,
    Column("route_id", Text, primary_key=True),
    Column("forecast_seq", _Sequence, ForeignKey("forecasts.seq"), primary_key=True, autoincrement=False),
    Column("p_hours_breach", Float(53), nullable=False),
    Column("p_shift_overrun", Float(53), nullable=False),
    Column("p_not_ready", Float(53), nullable=False),
    Column("finish_p50", Instant),
)

snapshots = Table(
    "snapshots",
    metadata,
    _id(),
    Column("day", Text, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "day", "taken_at"),
)

# --- learning -------------------------------------------------------------------------------------------------------

_MODEL_IS_ACTIVE = text("status = 'ACTIVE'")

score_frames = Table(
    "score_frames",
    metadata,
    _seq(),
    Column("day", Text, nullable=False, index=True),
    Column("taken_at", Instant, nullable=False, index=True),
    Column("model", Text, nullable=False),
    Column("feature_hash", Text, nullable=False),
    Column("stop_ids", LargeBinary, nullable=False),
    Column("features", LargeBinary, nullable=False),
    Column("forecasts", LargeBinary, nullable=False),
    Column("attempt_hash", Text),
    Column("attempt_keys", LargeBinary),
    Column("attempt_numbers", LargeBinary),
    sqlite_autoincrement=True,
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("stop_id", Text, primary_key=True),
    Column("day", Text, nullable=False, index=True),
    Column("hub_id", Text, nullable=False),
    Column("route_id", Text, nullable=False),
    Column("known_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("late", Boolean, nullable=False),
    Column("lateness_s", Float(53), nullable=False),
    Column("failed", Boolean),
    Column("undone", Boolean, nullable=False),
    Column("acted_at", Instant),
    Column("told_at", Instant),
)

# Days of which every stop has its outcome: they are not looked at again.
labelled_days = Table(
    "labelled_days",
    metadata,
    Column("day", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

interventions = Table(
    "interventions",
    metadata,
    Column("stop_id", Text, primary_key=True),
    Column("decision_id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("changes_plan", Boolean, nullable=False),
)

grades = Table(
    "grades",
    metadata,
    Column("stop_id", Text, primary_key=True),
    Column("lead_min", Integer, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("route_id", Text, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("known_at", Instant, nullable=False),
    Column("model", Text, nullable=False),
    Column("p_late", Float(53), nullable=False),
    Column("late", Boolean, nullable=False),
    Column("covered", Boolean),
    Index(None, "hub_id", "lead_min", "known_at"),
)

models = Table(
    "models",
    metadata,
    _id(),
    Column("kind", Word(ModelKind), nullable=False),
    Column("text", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("trained_at", Instant, nullable=False),
    Column("trained_on", Json(_Values), nullable=False),
    Column("metrics", Json(_Values), nullable=False),
    Column("status", Word(ModelStatus), nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("why", Text, nullable=False),
    # One model of a kind is in force, whoever promotes and on whichever server.
    Index(
        "uq_models_active_kind", "kind", unique=True, sqlite_where=_MODEL_IS_ACTIVE, postgresql_where=_MODEL_IS_ACTIVE
    ),
)

drift_states = Table(
    "drift_states",
    metadata,
    Column("hub_id", Text, primary_key=True),
    Column("lead_min", Integer, primary_key=True, autoincrement=False),
    Column("is_drifting", Boolean, nullable=False),
    Column("since", Instant, nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("n", Integer, nullable=False),
    Column("ece", Float(53), nullable=False),
    Column("ece_limit", Float(53), nullable=False),
    Column("coverage", Float(53)),
    Column("coverage_limit", Float(53)),
)

override_scores = Table(
    "override_scores",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("plan_rev", Integer, nullable=False),
    Column("day", Text, nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("decided_at", Instant, nullable=False, index=True),
    Column("scored_at", Instant, nullable=False),
    Column("case_kind", Word(CaseKind), nullable=False),
    Column("verdict", Word(Verdict), nullable=False),
    Column("reason", Word(OverrideReason)),
    Column("role", Text, nullable=False),
    Column("kinds", Json(tuple[str, ...]), nullable=False),
    Column("autonomy", Word(Autonomy), nullable=False),
    Column("stops", Integer, nullable=False),
    Column("kept_done", Integer, nullable=False),
    Column("kept_proposed", Integer, nullable=False),
    Column("kept_really", Integer, nullable=False),
    Column("lateness_done_s", Float(53), nullable=False),
    Column("lateness_proposed_s", Float(53), nullable=False),
    Column("travel_done_s", Float(53)),
    Column("travel_proposed_s", Float(53), nullable=False),
)
