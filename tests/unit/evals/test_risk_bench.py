"""``forestall bench risk``: as of the moment, honest about bad rows, and in the promised shape."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from evals.risk_bench import orders, parcel, rail
from evals.risk_bench.durations import mean_lately, newest_before, simulate_durations
from evals.risk_bench.rail_features import opinion_of, rail_rows
from evals.risk_bench.running import run_sets
from forestall.errors import BadInput

STATIONS = [f"ST{k}" for k in range(16)]


def rail_records(days: range, seed: int = 1, trains: int = 5) -> list[dict[str, str]]:
    """A line of 16 stations, 8 minutes apart; delays wander, and some days are bad for everybody."""
    rng = np.random.default_rng((seed, days.start))
    rows = []
    for day in days:
        mood = rng.exponential(0.5)
        for train in range(trains):
            delay = rng.exponential(4.0)
            for seq, station in enumerate(STATIONS if train % 2 else reversed(STATIONS)):
                minute = 360 + 37 * train + 8 * seq
                delay = max(0.93 * delay + mood * rng.normal(0.2, 1.5), -2.0)
                at = [f"2026-01-{day:02d} {m // 60:02d}:{m % 60:02d}:00" for m in (minute, round(minute + delay))]
                rows.append(
                    {"dir": "AB" if train % 2 else "BA", "train": f"T{train}", "day": f"2026-01-{day:02d}",
                     "seq": str(seq), "station": station, "sched": at[0], "actual": at[1]}
                )  # fmt: skip
    return rows


def write(folder: Path, rows: list[dict[str, str]], name: str = rail.FILE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if name.endswith("gz") else open
    with opened(folder / name, "wt", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return folder


def calls_of(tmp_path: Path, rows: list[dict[str, str]]) -> list[rail.Call]:
    return rail.read_rail([write(tmp_path / "rail", rows)])[0][0]


@pytest.mark.parametrize("train", ["T1", "T2"])
def test_a_future_report_never_changes_what_was_known(tmp_path, train) -> None:
    """One report of the last day comes an hour later: its own train's and all others' earlier moments stay."""
    calls = calls_of(tmp_path, rail_records(range(1, 6)))
    last = max(call.day for call in calls)
    k = next(i for i, call in enumerate(calls) if (call.day, call.train, call.seq) == (last, train, 9))
    changed = [*calls[:k], replace(calls[k], actual_min=calls[k].actual_min + 60.0), *calls[k + 1 :]]
    before, after = (rail_rows(rail.make_line(each), 1) for each in (calls, changed))
    # Moments are told apart by their own time; the changed one itself is another moment afterwards.
    at_s = float(rail.epoch_s(np.array([last.toordinal()]))[0]) + 60.0 * calls[k].actual_min
    first, second = before.known_s < at_s, after.known_s < at_s
    assert first.sum() == second.sum() > 400
    assert np.array_equal(before.features[first], after.features[second])
    assert not np.array_equal(before.features[~first], after.features[after.known_s >= at_s][: (~first).sum()])


def test_history_is_of_earlier_days_and_counts(tmp_path) -> None:
    calls = calls_of(tmp_path, rail_records(range(1, 6)))
    days = sorted({call.day for call in calls})
    worse = [
        replace(call, actual_min=call.actual_min + (2.0 * call.seq if call.day == days[2] else 0.0)) for call in calls
    ]
    before, after = (rail_rows(rail.make_line(each), 1) for each in (calls, worse))
    early = before.day < days[2].toordinal()
    assert np.array_equal(before.features[early], after.features[early])
    late = before.day > days[2].toordinal()
    assert after.opinion[late].mean() > before.opinion[late].mean()


def test_an_opinion_stands_on_the_share_of_samples_and_on_their_middle() -> None:
    same_share = np.full(3, 0.2)
    middles = np.array([-4.0, 0.0, 4.0])[:, None] + np.array([-6.0, -1.0, 0.0, 1.0, 6.0])
    opinion = opinion_of(same_share, middles)
    assert (np.diff(opinion) > 0.0).all()
    assert (np.diff(opinion_of(np.array([0.1, 0.2, 0.3]), middles[:1].repeat(3, axis=0))) > 0.0).all()
    assert opinion_of(np.array([0.5]), rail.LATE_MIN + np.array([[-6.0, -1.0, 0.0, 1.0, 6.0]])) == pytest.approx(0.5)


def test_a_bad_row_is_told_and_left_out_and_its_neighbours_stay(tmp_path) -> None:
    rows = rail_records(range(1, 3))
    whole = len(rows)
    rows[3]["actual"], rows[7]["sched"] = "soon", "1926-01-01 06:00:00"
    rows[9]["seq"], rows[11]["actual"], rows[13]["station"] = "nan", "2026-03-01 00:00:00", ""
    read, left_out = rail.read_rail([write(tmp_path / "rail", rows)])
    assert len(read[0]) == whole - 5
    assert left_out[0].count == 5
    reasons = [problem.message for problem in left_out[0].first]
    for field, reason in zip(("actual", "sched", "seq", "actual", "station"), reasons, strict=True):
        assert reason.startswith(field)
    assert left_out[0].first[0].place == "stops.csv line 5"


def test_missing_columns_files_and_rows_are_refused(tmp_path) -> None:
    rows = rail_records(range(1, 2))
    with pytest.raises(BadInput) as refusal:
        rail.read_rail([write(tmp_path / "a", [{k: v for k, v in row.items() if k != "sched"} for row in rows])])
    assert "sched" in refusal.value.problems[0].message
    with pytest.raises(BadInput, match="not there"):
        rail.read_rail([tmp_path])
    with pytest.raises(BadInput) as refusal:
        rail.read_rail([write(tmp_path / "b", [{**row, "actual": "?"} for row in rows])])
    assert refusal.value.problems[0].message.startswith("has no usable row")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / rail.FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="cannot be read"):
        rail.read_rail([tmp_path / "c"])


def test_a_set_in_which_nothing_is_ever_late_is_refused(tmp_path) -> None:
    rows = [{**row, "actual": row["sched"]} for row in rail_records(range(1, 9))]
    write(tmp_path / "italy_rail_stops", rows)
    with pytest.raises(BadInput) as refusal:
        run_sets(tmp_path, None, 1, lambda text: None)
    assert refusal.value.problems[0].place == "late"


def test_what_is_tested_on_must_come_later(tmp_path) -> None:
    write(tmp_path / "one" / "italy_rail_stops", rail_records(range(1, 9)))
    write(tmp_path / "two" / "italy_rail_stops", rail_records(range(8, 10)))
    with pytest.raises(BadInput) as refusal:
        run_sets(tmp_path / "one", tmp_path / "two", 1, lambda text: None)
    assert refusal.value.problems[0].place == "--test"
    with pytest.raises(BadInput, match="nothing to learn from"):
        run_sets(tmp_path, None, 1, lambda text: None)


def test_the_json_has_the_promised_shape_and_repeats(tmp_path) -> None:
    from forestall.cli.commands import make_app

    write(tmp_path / "one" / "italy_rail_stops", rail_records(range(1, 10), trains=2))
    write(tmp_path / "two" / "italy_rail_stops", rail_records(range(10, 13), trains=2))
    command = ["bench", "risk", str(tmp_path / "one"), "--test", str(tmp_path / "two"), "--json"]
    first, second = (CliRunner().invoke(make_app(), command) for _ in range(2))
    assert first.exit_code == 0, first.stderr
    assert first.stdout == second.stdout
    report = json.loads(first.stdout)
    keys = {"auc", "brier_skill", "ece", "log_loss", "precision_at_5", "recall_at_5", "coverage_90", "pinball", "n"}
    shapes = [report["sets"], report["baselines"]["carry_over"], report["baselines"]["monte_carlo"]]
    for shape in shapes:
        assert set(shape) == {"italy_rail_stops"}
        assert set(shape["italy_rail_stops"]) == {"20-40", "45-75", "90-150", "on_time_now"}
        assert all(set(each) == keys for each in shape["italy_rail_stops"].values())
    counts = [[each["n"] for each in shape["italy_rail_stops"].values()] for shape in shapes]
    assert counts[0] == counts[1] == counts[2]
    assert shapes[1]["italy_rail_stops"]["20-40"]["coverage_90"] is None
    assert shapes[0]["italy_rail_stops"]["20-40"]["auc"] > shapes[1]["italy_rail_stops"]["20-40"]["auc"]


def test_parcels_know_earlier_days_alone_and_never_the_receipt() -> None:
    rng = np.random.default_rng(1)
    size = (1.0, 1.0, 1.0, 1.0)
    made = [
        parcel.Parcel(f"u{rng.integers(9)}", "1,1", 1.0, 1.0, size, 20_000 + day, float(rng.integers(4)),
                      bool(rng.random() < 0.3), bool(rng.random() < 0.3), 1.0)
        for day in range(12) for _ in range(15)
    ]  # fmt: skip
    changed = [
        row
        if row.day < 20_006
        else replace(row, failed=not row.failed, slots=9.0, by_robot=not row.by_robot, timeslot=5.0)
        for row in made
    ]
    before, after = parcel.parcel_rows(made), parcel.parcel_rows(changed)
    known = before.day <= 20_006
    assert np.array_equal(before.features[known], after.features[known])
    assert not np.array_equal(before.features[~known], after.features[~known])


def test_orders_know_what_was_delivered_before_they_were_placed() -> None:
    asked, told = np.array([0.0, 10.0, 20.0, 30.0]), np.array([25.0, 15.0, 40.0, 50.0])
    key, value = np.zeros(4, dtype=np.int64), np.array([1.0, 2.0, 3.0, 4.0])
    newest, age = newest_before(key, asked, told, value)
    assert newest.tolist() == [0.0, 0.0, 2.0, 1.0]
    assert age.tolist() == [np.inf, np.inf, 5.0, 5.0]
    assert mean_lately(key, asked, told, value, 8.0).tolist() == [0.0, 0.0, 0.5, 0.25]


def test_a_duration_is_simulated_from_what_was_told_before_its_day() -> None:
    rng = np.random.default_rng(1)
    day = np.repeat(np.arange(10), 60)
    minutes, expected = rng.lognormal(3.0, 0.3, 600), np.full(600, 20.0)
    keys = [np.array([f"k{k}" for k in rng.integers(0, 5, 600)])]
    told = day + (np.arange(600) % 2)
    before = simulate_durations(keys, expected, expected + 10.0, minutes, day, told, 1)
    other = np.where(told >= 6, 2.0 * minutes, minutes)
    after = simulate_durations(keys, expected, expected + 10.0, other, day, told, 1)
    known = day <= 6
    assert np.array_equal(before.p_late[known], after.p_late[known])
    assert np.array_equal(before.quantiles[known], after.quantiles[known])
    assert (after.p_late[day == 9] >= before.p_late[day == 9]).all()


def test_an_order_delivered_before_it_was_placed_is_left_out(tmp_path) -> None:
    good = dict.fromkeys(orders.NUMBERS, "1") | {
        "market_id": "1", "store_id": "7", "created_at": "2015-01-21 15:40:42",
        "actual_delivery_time": "2015-01-21 16:22:37",
    }  # fmt: skip
    rows = [good, {**good, "actual_delivery_time": "2015-01-21 15:00:00"}, {**good, "total_busy_dashers": ""}]
    read, left_out = orders.read_orders(write(tmp_path / "orders", rows, orders.FILE))
    assert (len(read), left_out.count) == (2, 1)
    assert left_out.first[0].message.startswith("actual_delivery_time is -41 minutes after created_at")
