"""Everything an operator may set, each with its meaning; read from the environment as ``FORESTALL_<NAME>``."""

from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from forestall.clock import Clock, ScaledClock, SystemClock
from forestall.domain.vocabulary import Mode


class Polish(StrEnum):
    """How far up the repair's ladder plans are taken."""

    OFF = "OFF"
    FIRST = "FIRST"
    SECOND = "SECOND"
    ORTOOLS = "ORTOOLS"


class EscalationTier(BaseModel):
    """Those a question is passed on to when that share of the time to its deadline has gone by without an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    after: float = Field(ge=0, lt=1)


class Settings(BaseSettings):
    """The service's settings. A wrong value stops the start with a message naming the setting."""

    model_config = SettingsConfigDict(env_prefix="FORESTALL_", extra="ignore", frozen=True)

    data_dir: Path = Field(default=Path("var"), description="Folder of the embedded database and the checkpoints.")
    database_url: str | None = Field(
        default=None,
        description="sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME; default forestall.db in data_dir.",
    )
    durable: bool = Field(
        default=True,
        description="Flush every SQLite commit to disk. Off only where a power cut may lose data, as in simulations.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the server listens on; 0 picks a free one.")
    max_body_bytes: int = Field(
        default=20_000_000, ge=1_000, description="Largest request body taken, bytes; a larger one gets 413."
    )
    mode: Mode = Field(
        default=Mode.LIVE,
        description="LIVE follows policy; SUGGEST makes every action wait for a person; SHADOW decides and never acts.",
    )
    kill_switch: bool = Field(default=False, description="While on, no effect starts, whatever policy says.")
    tick_s: float = Field(default=2.0, gt=0, description="Real seconds between two scheduled steps of the service.")
    sweep_interval_s: float = Field(
        default=600.0, gt=0, description="Longest time between two forecasts of a hub, seconds of the service's clock."
    )
    sweep_min_gap_s: float = Field(
        default=240.0, ge=0, description="Shortest time between two forecasts of a hub whose state keeps changing."
    )
    samples: int = Field(
        default=256, ge=64, le=8192, multiple_of=64, description="Monte Carlo samples of a forecast, a multiple of 64."
    )
    seed: int = Field(default=1, ge=0, description="Seed of the forecast's and the repair's random numbers.")
    policy_dir: Path | None = Field(
        default=None, description="Folder with the operator's autonomy.cedar; the built-in guardrails always apply."
    )
    polish: Polish = Field(
        default=Polish.OFF,
        description="How plans that move stops at the hub are looked over with their neighbours: OFF; FIRST, a tenth of"
        " a second; SECOND, twice that; ORTOOLS, half a second in a process of its own.",
    )
    travel_file: Path | None = Field(
        default=None, description="Travel times by the map, as forestall travel fit writes them. [built-in speeds]"
    )
    osrm_url: str | None = Field(
        default=None, description="OSRM server for days without a travel matrix, http://HOST:PORT. [the map alone]"
    )
    osrm_bike_url: str | None = Field(
        default=None, description="OSRM server with a bicycle network, for vehicles of mode BIKE."
    )
    osrm_timeout_s: float = Field(
        default=5.0, gt=0, description="Longest wait for one OSRM table; then the map stands in for a minute."
    )
    lease_s: float = Field(
        default=60.0, gt=0, description="How long a sender may hold an outbox row before another may."
    )
    features_every_s: float = Field(
        default=1800.0, ge=0, description="What a hub's forecast saw is kept for learning this often, s; 0 never."
    )
    learning_interval_s: float = Field(
        default=1800.0,
        gt=0,
        description="How often ended stops are labelled and calibration is checked, seconds.",
    )
    drift_window_days: float = Field(
        default=14.0, gt=0, description="How far back finished stops speak of a hub's calibration, days."
    )
    learning_keep_days: float = Field(
        default=400.0,
        ge=1,
        validate_default=True,
        description="How long kept features and graded scores stay, days; at least drift_window_days.",
    )
    drift_min_stops: int = Field(
        default=200, ge=30, description="Fewer finished stops than this never change a hub's autonomy."
    )
    holdout_share: float = Field(
        default=0.0,
        ge=0,
        le=0.2,
        description="Share of low-stakes cases left alone by lot: honest labels.",
    )
    holdout_max_misses: float = Field(
        default=1.0, gt=0, description="A case that expects more missed promises than this is never left alone by lot."
    )
    llm_model: str | None = Field(
        default=None, description="Language model that may reorder plans of nearly equal worth. [none: rules alone]"
    )
    llm_provider: str = Field(default="openai", description="Whose interface it speaks, as LangChain names providers.")
    llm_base_url: str | None = Field(default=None, description="Its address, for any OpenAI-compatible server.")
    llm_api_key: SecretStr = Field(default=SecretStr("none"), description="Its key; never shown.")
    llm_timeout_s: float = Field(default=3.0, gt=0, le=60, description="Longest wait for it; then the rules' order.")
    llm_max_tokens: int = Field(default=400, ge=50, le=4000, description="Longest answer it may give, tokens.")
    llm_tokens_an_hour: int = Field(default=200_000, ge=0, description="Tokens it may use up in an hour.")
    llm_cents_an_hour: float = Field(default=100.0, ge=0, description="Money it may use up in an hour, cents.")
    llm_cents_per_million: float = Field(default=0.0, ge=0, description="What a million tokens cost, cents.")
    llm_band: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Plans that gain at least this share of what the best one gains are put to it.",
    )
    llm_traces: Path | None = Field(default=None, description="Answer from this file of recorded answers instead.")
    llm_record: Path | None = Field(default=None, description="Append what comes of every question to this file.")
    clock_start: AwareDatetime | None = Field(
        default=None, description="With clock_anchor: what the service's clock showed at that real moment (demo)."
    )
    clock_anchor: AwareDatetime | None = Field(default=None, description="The real moment that clock_start belongs to.")
    clock_rate: float = Field(default=1.0, gt=0, description="Seconds of the service's clock for one real second.")

    message_cents: int = Field(
        default=15,
        ge=0,
        description="What a question to a customer costs, cents, attention counted in; above its use nobody is asked.",
    )
    questions_a_day: int | None = Field(
        default=None, ge=0, description="How many customers a hub asks a day, those first where it is worth most."
    )

    earlier_departure_min: int = Field(
        default=0,
        ge=0,
        le=120,
        description="By how much a departure may be moved ahead, minutes; what goes beyond is advice to people alone.",
    )
    escalation: tuple[EscalationTier, ...] = Field(
        default=(
            EscalationTier(name="dispatchers", after=0.0),
            EscalationTier(name="shift lead", after=0.5),
            EscalationTier(name="operations manager", after=0.8),
        ),
        min_length=1,
        max_length=10,
        description="Who is told of a question in turn, and after which share of the time to its deadline; the first"
        " from the start.",
    )

    ack_driver_s: float = Field(
        default=300.0,
        gt=0,
        le=600,
        description="How long a driver may take to confirm a changed plan in the app, seconds; then the old one is"
        " believed again and the next channel is tried.",
    )
    ack_carrier_s: float = Field(
        default=600.0,
        gt=0,
        description="How long another carrier may take to confirm it, seconds; then its driver is called.",
    )
    ack_voice_s: float = Field(
        default=300.0, gt=0, description="How long a call may go unconfirmed, seconds; then the case is a person's."
    )
    ack_before_departure_s: float = Field(
        default=900.0,
        ge=0,
        description="A driver at the hub need not confirm sooner than this before leaving, seconds.",
    )

    picture_fresh_s: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="A picture of a hub in which nothing has happened is used again for so long, seconds.",
    )

    @field_validator("escalation")
    @classmethod
    def _climb_steadily(cls, tiers: tuple[EscalationTier, ...]) -> tuple[EscalationTier, ...]:
        shares = [tier.after for tier in tiers]
        if shares[0] != 0 or any(later <= earlier for earlier, later in pairwise(shares)):
            raise ValueError("the first tier is told after 0 of the time, and each further one later than that before")
        if len({tier.name for tier in tiers}) != len(tiers):
            raise ValueError("two tiers have the same name")
        return tiers

    @field_validator("learning_keep_days")
    @classmethod
    def _keep_what_drift_is_judged_by(cls, keep_days: float, info: ValidationInfo) -> float:
        window_days = info.data.get("drift_window_days", 0.0)
        if keep_days < window_days:
            raise ValueError(f"is {keep_days:g}, less than drift_window_days ({window_days:g})")
        return keep_days

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'forestall.db').as_posix()}"

    def make_clock(self) -> Clock:
        """The machine's clock, or a scaled one when a start is set (the demo plays a day at 60 times real time)."""
        if self.clock_start is None:
            return SystemClock()
        return ScaledClock(self.clock_start, self.clock_anchor or datetime.now(UTC), self.clock_rate)
