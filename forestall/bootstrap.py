"""The composition root: the one place where parts are made and handed to each other."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from sqlalchemy import make_url

from agent.ack_patience import AckPatience
from agent.carrier_log import CarrierLog
from agent.caseload import Patience
from agent.contact_log import ContactLog
from agent.detectors import Thresholds
from agent.detectors.customers import customers
from agent.detectors.registry import DETECTORS
from agent.graph import build_graph
from agent.holdout import Holdout
from agent.learning.drift import watch_of
from agent.learning.forecasting import Forecasting
from agent.learning.job import LearningJob
from agent.pictures import Pictures
from agent.planner.advisor import Advisor
from agent.planner.budget import Allowance, Budget
from agent.planner.models import ChatModel, RankingModel
from agent.planner.rules import RulePlanner
from agent.planner.traces import RecordedModel, Recorder
from agent.policy_in_force import PoliciesInForce
from agent.run import Workplace
from agent.service import Service
from agent.sweep import Rhythm, Sweeper
from agent.wakeup import Bell
from forestall.clock import Clock
from forestall.domain.vocabulary import Channel, VehicleMode
from forestall.errors import BadInput, Problem
from forestall.intake import Intake
from forestall.settings import Polish, Settings
from forestall.store import Store
from optimizer.prices import Prices
from optimizer.repair import Ladder, Repairer
from optimizer.repair.engines import Rung
from optimizer.repair.pool import SolverPool
from optimizer.risk import Forecaster
from optimizer.travel import HaversineTravel, OsrmServer, OsrmTravel, TravelTimes
from optimizer.travel.document import from_document
from optimizer.warmup import warm_up
from policies.gate import read_policies
from tools.asking import Asking
from tools.channels import DryRunChannel

Closer = Callable[[], None]
# A quarter of the forecast's samples find the same plans in a quarter of the time; the forecast judges them anyway.
SEARCH_SAMPLES = 64


def build(settings: Settings, clock: Clock | None = None) -> Service:
    """A service over the settings' database, migrated and ready. Close it when done.

    Raises:
        BadInput: a setting, or a policy file, that can't be used. Unavailable: the database does not answer.
    """
    clock = clock or settings.make_clock()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    gate = PoliciesInForce(read_policies(settings.policy_dir))
    store = Store.open(settings.resolved_database_url, clock, durable=settings.durable)
    store.migrate()
    prices = Prices()
    forecaster = make_forecasting(settings, prices)
    warm_up()
    roads, close_roads = _open_roads(settings)
    solver = _start_solver() if settings.polish is Polish.ORTOOLS else None
    ladder = _ladder(settings.polish, solver)
    # other luck than the forecast's: a plan searched on the draws that judge it would look better than it is
    repairer = Repairer(
        prices=prices,
        seed=settings.seed + 1,
        samples=SEARCH_SAMPLES,
        ladder=ladder,
    )
    patience = Patience()
    planner = RulePlanner(price_per_cent=prices.cent)
    advisor = _advisor(settings, planner)
    asking = Asking(prices, message_cents=settings.message_cents, most_a_day=settings.questions_a_day)
    work = Workplace(
        store=store,
        clock=clock,
        pictures=Pictures(forecaster, repairer, roads, timedelta(seconds=settings.picture_fresh_s)),
        contact_log=ContactLog(),
        carrier_log=CarrierLog(),
        gate=gate,
        planner=planner,
        advisor=advisor,
        forecaster=forecaster,
        repairer=repairer,
        mode=settings.mode,
        kill_switch=settings.kill_switch,
        patience=patience,
        asking=asking,
        earlier_departure=timedelta(minutes=settings.earlier_departure_min),
        holdout=Holdout(settings.holdout_share, settings.holdout_max_misses, settings.seed),
        ack_patience=AckPatience(
            driver=timedelta(seconds=settings.ack_driver_s),
            carrier=timedelta(seconds=settings.ack_carrier_s),
            voice=timedelta(seconds=settings.ack_voice_s),
            before_departure=timedelta(seconds=settings.ack_before_departure_s),
        ),
    )
    rhythm = Rhythm(
        timedelta(seconds=settings.sweep_interval_s),
        timedelta(seconds=settings.sweep_min_gap_s),
        timedelta(seconds=settings.features_every_s) or None,
    )
    bell = Bell()
    checkpointer, close_checkpoints = _open_checkpoints(settings)
    return Service(
        settings=settings,
        clock=clock,
        store=store,
        intake=Intake(store, clock, heard=bell.hear),
        work=work,
        graph=build_graph(checkpointer),
        checkpoints=checkpointer,
        sweeper=Sweeper(store, work.pictures, Thresholds(), patience, rhythm, (*DETECTORS, customers(asking))),
        learning=make_learning(settings, store, roads),
        channels=dict.fromkeys(Channel, DryRunChannel()),
        bell=bell,
        closers=[
            close_checkpoints,
            *close_roads,
            *([solver.close] if solver else []),
        ],
    )


def map_travel(settings: Settings) -> HaversineTravel:
    """Travel times by the map alone: fitted ones where the settings name their file.

    Raises:
        BadInput: the file is not there, or is not what ``forestall travel fit`` writes.
    """
    if settings.travel_file is None:
        return HaversineTravel()
    try:
        text = settings.travel_file.read_text(encoding="utf-8")
    except OSError as error:
        problem = Problem("FORESTALL_TRAVEL_FILE", str(error), "name a file that forestall travel fit wrote")
        raise BadInput("The travel file can't be read.", [problem]) from error
    return from_document(text, settings.travel_file.name)


def _open_roads(settings: Settings) -> tuple[HaversineTravel | OsrmTravel, list[Closer]]:
    """Travel times of days that bring no matrix: over the road network where a server is named, else by the map."""
    by_map = map_travel(settings)
    if settings.osrm_url is None:
        return by_map, []
    servers = {VehicleMode.VAN: OsrmServer(settings.osrm_url, timeout_s=settings.osrm_timeout_s)}
    if settings.osrm_bike_url is not None:
        servers[VehicleMode.BIKE] = OsrmServer(settings.osrm_bike_url, timeout_s=settings.osrm_timeout_s)
    roads = OsrmTravel(servers, by_map)  # zones and hours were fitted to the map's speeds, not to the network's
    return roads, [roads.close]


def _ladder(polish: Polish, solver: SolverPool | None) -> Ladder | None:
    """Each rung is asked after those below it; their engines are compiled now, as is everything else."""
    if polish is Polish.OFF:
        return None
    first = Rung.FIRST.value
    ladder = Ladder((first,) if polish is Polish.FIRST else (first, polish.value.lower()), solver=solver)
    ladder.warm_up()
    return ladder


def _advisor(settings: Settings, planner: RulePlanner) -> Advisor | None:
    """The language model's part in ranking, where one is named."""
    model = _ranking_model(settings)
    if model is None:
        return None
    recorder = Recorder(settings.llm_record) if settings.llm_record is not None else None
    allowance = Allowance(settings.llm_tokens_an_hour, settings.llm_cents_an_hour, settings.llm_cents_per_million)
    return Advisor(model, planner, Budget(allowance), settings.llm_timeout_s, settings.llm_band, recorder)


def _ranking_model(settings: Settings) -> RankingModel | None:
    """Recorded answers before a model that is named; nothing of LangChain's models is loaded where neither is."""
    if settings.llm_traces is not None:
        if settings.llm_record is not None:
            problem = Problem("FORESTALL_LLM_RECORD", "is set beside FORESTALL_LLM_TRACES", "set one of the two")
            raise BadInput("Recorded answers are not recorded again.", [problem])
        return RecordedModel(settings.llm_traces)
    if settings.llm_model is None:
        return None
    return ChatModel(
        settings.llm_model,
        settings.llm_provider,
        settings.llm_base_url,
        settings.llm_api_key.get_secret_value(),
        settings.llm_timeout_s,
        settings.llm_max_tokens,
    )


def make_forecasting(settings: Settings, prices: Prices | None = None) -> Forecasting:
    """What stands for the forecaster in force; on the priors alone until it is refreshed."""
    return Forecasting(
        Forecaster(
            samples=settings.samples,
            seed=settings.seed,
            prices=prices,
            keep_features=settings.features_every_s > 0,
        )
    )


def make_learning(settings: Settings, store: Store, roads: TravelTimes | None = None) -> LearningJob:
    """The scheduled labels, grades, drift watch, scores of overrides and forgetting; ``roads`` default to the map's."""
    return LearningJob(
        store,
        watch_of(settings),
        timedelta(seconds=settings.learning_interval_s),
        timedelta(days=settings.learning_keep_days),
        roads or map_travel(settings),
    )


def _start_solver() -> SolverPool:
    """A process for OR-Tools, warm before anyone waits for it: a solve would hold this process's lock throughout."""
    solver = SolverPool(workers=1)
    solver.start()
    return solver


def _open_checkpoints(settings: Settings) -> tuple[BaseCheckpointSaver[Any], Closer]:
    """Where paused runs are kept: a file beside the embedded database, or tables in PostgreSQL."""
    url = make_url(settings.resolved_database_url)
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(settings.data_dir / "checkpoints.db", check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if settings.durable else 'OFF'}")
        saver = SqliteSaver(connection)
        saver.setup()
        return saver, connection.close
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    pool: ConnectionPool[Connection[dict[str, Any]]] = ConnectionPool(
        conninfo, max_size=4, kwargs={"autocommit": True, "row_factory": dict_row}, open=True
    )
    postgres_saver = PostgresSaver(pool)
    postgres_saver.setup()
    return postgres_saver, pool.close
