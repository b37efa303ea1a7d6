"""The state of the days being driven."""

import sqlalchemy as sa
from alembic import op

revision = "r0001_state"
down_revision = None

TEXT = sa.Text()
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BIG = sa.BigInteger()
INT = sa.Integer()
DOUBLE = sa.Float(53)
FLAG = sa.Boolean()
BYTES = sa.LargeBinary()


def upgrade() -> None:
    _create_network()
    _create_orders()
    _create_routes()


def _create_network() -> None:
    op.create_table(
        "meta",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("phone", TEXT),
        sa.Column("email", TEXT),
        sa.Column("webhook", TEXT),
        sa.Column("locale", TEXT, nullable=False),
        sa.Column("accepts_sms", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_table(
        "plans",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("matrix_id", TEXT),
        sa.Column("taken_in_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_plans"),
    )
    op.create_table(
        "matrices",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("location_ids", TEXT, nullable=False),
        sa.Column("durations_f32", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matrices"),
    )
    op.create_table(
        "hubs",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("location_id", TEXT, nullable=False),
        sa.Column("location_lat", DOUBLE, nullable=False),
        sa.Column("location_lon", DOUBLE, nullable=False),
        sa.Column("time_zone", TEXT, nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["day"], ["plans.day"], name="fk_hubs_day"),
        sa.PrimaryKeyConstraint("day", "id", name="pk_hubs"),
    )
    op.create_table(
        "hub_links",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("from_hub", TEXT, nullable=False),
        sa.Column("to_hub", TEXT, nullable=False),
        sa.Column("duration_s", DOUBLE, nullable=False),
        sa.ForeignKeyConstraint(["day", "from_hub"], ["hubs.day", "hubs.id"], name="fk_hub_links_day_from_hub"),
        sa.ForeignKeyConstraint(["day", "to_hub"], ["hubs.day", "hubs.id"], name="fk_hub_links_day_to_hub"),
        sa.ForeignKeyConstraint(["day"], ["plans.day"], name="fk_hub_links_day"),
        sa.PrimaryKeyConstraint("day", "from_hub", "to_hub", name="pk_hub_links"),
    )
    op.create_table(
        "hub_versions",
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("hub_id", name="pk_hub_versions"),
    )
    op.create_table(
        "carriers",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("active", FLAG, nullable=False),
        sa.Column("cost_per_stop_cents", INT, nullable=False),
        sa.Column("free_stops", INT),
        sa.Column("contact_id", TEXT),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_carriers_contact_id"),
        sa.ForeignKeyConstraint(["day"], ["plans.day"], name="fk_carriers_day"),
        sa.PrimaryKeyConstraint("day", "id", name="pk_carriers"),
    )
    op.create_table(
        "vehicles",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("carrier_id", TEXT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("capacity", TEXT, nullable=False),
        sa.Column("skills", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["day", "carrier_id"], ["carriers.day", "carriers.id"], name="fk_vehicles_day_carrier_id"
        ),
        sa.ForeignKeyConstraint(["day", "hub_id"], ["hubs.day", "hubs.id"], name="fk_vehicles_day_hub_id"),
        sa.ForeignKeyConstraint(["day"], ["plans.day"], name="fk_vehicles_day"),
        sa.PrimaryKeyConstraint("day", "id", name="pk_vehicles"),
    )
    op.create_table(
        "drivers",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("carrier_id", TEXT, nullable=False),
        sa.Column("shift_start", INSTANT, nullable=False),
        sa.Column("shift_end", INSTANT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("contact_id", TEXT),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_drivers_contact_id"),
        sa.ForeignKeyConstraint(
            ["day", "carrier_id"], ["carriers.day", "carriers.id"], name="fk_drivers_day_carrier_id"
        ),
        sa.ForeignKeyConstraint(["day"], ["plans.day"], name="fk_drivers_day"),
        sa.PrimaryKeyConstraint("day", "id", name="pk_drivers"),
    )


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("promise_opens_at", INSTANT, nullable=False),
        sa.Column("promise_closes_at", INSTANT, nullable=False),
        sa.Column("tier", TEXT, nullable=False),
        sa.Column("contact_id", TEXT),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_orders_contact_id"),
        sa.ForeignKeyConstraint(["day", "hub_id"], ["hubs.day", "hubs.id"], name="fk_orders_day_hub_id"),
        sa.ForeignKeyConstraint(["day"], ["plans.day"], name="fk_orders_day"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
    )
    op.create_index("ix_orders_contact_id", "orders", ["contact_id"])
    op.create_index("ix_orders_day_hub_id", "orders", ["day", "hub_id"])
    op.create_table(
        "packages",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("order_id", TEXT, nullable=False),
        sa.Column("custody_kind", TEXT, nullable=False),
        sa.Column("custody_holder_id", TEXT, nullable=False),
        sa.Column("custody_since", INSTANT, nullable=False),
        sa.Column("size", TEXT, nullable=False),
        sa.Column("available_at", INSTANT),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_packages_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_packages"),
    )
    op.create_index("ix_packages_order_id", "packages", ["order_id"])


def _create_routes() -> None:
    op.create_table(
        "routes",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("vehicle_id", TEXT, nullable=False),
        sa.Column("driver_id", TEXT),
        sa.Column("departs_at", INSTANT, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("load_ready_at", INSTANT),
        sa.Column("departed_at", INSTANT),
        sa.Column("broken_at", INSTANT),
        sa.Column("is_spare", FLAG, nullable=False),
        sa.Column("notice_s", DOUBLE, nullable=False),
        sa.Column("plan_version", BIG, nullable=False),
        sa.Column("acknowledged_version", BIG, nullable=False),
        sa.ForeignKeyConstraint(["day", "driver_id"], ["drivers.day", "drivers.id"], name="fk_routes_day_driver_id"),
        sa.ForeignKeyConstraint(["day", "hub_id"], ["hubs.day", "hubs.id"], name="fk_routes_day_hub_id"),
        sa.ForeignKeyConstraint(
            ["day", "vehicle_id"], ["vehicles.day", "vehicles.id"], name="fk_routes_day_vehicle_id"
        ),
        sa.ForeignKeyConstraint(["day"], ["plans.day"], name="fk_routes_day"),
        sa.PrimaryKeyConstraint("id", name="pk_routes"),
        sa.UniqueConstraint("day", "vehicle_id", name="uq_routes_day_vehicle_id"),
    )
    op.create_index("ix_routes_day_hub_id", "routes", ["day", "hub_id"])
    op.create_table(
        "stops",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("route_id", TEXT, nullable=False),
        sa.Column("sequence", INT, nullable=False),
        sa.Column("location_id", TEXT, nullable=False),
        sa.Column("location_lat", DOUBLE, nullable=False),
        sa.Column("location_lon", DOUBLE, nullable=False),
        sa.Column("window_opens_at", INSTANT, nullable=False),
        sa.Column("window_closes_at", INSTANT, nullable=False),
        sa.Column("service_s", DOUBLE, nullable=False),
        sa.Column("order_id", TEXT),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("pinned", FLAG, nullable=False),
        sa.Column("skills", TEXT, nullable=False),
        sa.Column("package_ids", TEXT, nullable=False),
        sa.Column("transfer_from", TEXT),
        sa.Column("departed_at", INSTANT),
        sa.Column("arrived_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_stops_order_id"),
        sa.ForeignKeyConstraint(["route_id"], ["routes.id"], name="fk_stops_route_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stops"),
    )
    op.create_index("ix_stops_order_id", "stops", ["order_id"])
    op.create_index("ix_stops_route_id_sequence", "stops", ["route_id", "sequence"])
    op.create_table(
        "attempts",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("stop_id", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("succeeded", FLAG, nullable=False),
        sa.Column("reason", TEXT),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name="fk_attempts_stop_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_attempts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_stop_id", "attempts", ["stop_id"])
    op.create_table(
        "positions",
        sa.Column("vehicle_id", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("lat", DOUBLE, nullable=False),
        sa.Column("lon", DOUBLE, nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", name="pk_positions"),
    )
