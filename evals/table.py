"""Many days, seeds and arms: played in parallel, kept as they come, and put into one table."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from evals.arms import Arm, play
from evals.days import read_day
from evals.metrics import describe
from evals.people import People
from evals.profile import load_profile

Report = dict[str, Any]
DAY_FILES = ("*.txt", "*.txt.gz", "*.vrp", "*.vrp.gz", "*.json")


@dataclass(frozen=True, slots=True)
class Job:
    """One day under one seed: doing nothing, and the service beside it."""

    day: Path
    seed: int
    profile: Path | None
    people: People


def list_days(folder: Path) -> list[Path]:
    """The day files of a folder, by name."""
    return sorted({path for pattern in DAY_FILES for path in folder.glob(pattern)})


def run_all(jobs: Sequence[Job], log: Path, workers: int = 2) -> Iterator[Report]:
    """Play every job that ``log`` (JSON lines, one report each) does not hold yet, and append its reports.

    Yields each new report. Stopped and started again, it goes on where it was.
    """
    done = {(report["source"], report["seed"]) for report in read_log(log) if report["arm"] == Arm.FORESTALL}
    left = [job for job in jobs if (job.day.name, job.seed) not in done]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool, log.open("a", encoding="utf-8") as out:
        for future in as_completed([pool.submit(_play, job) for job in left]):
            for report in future.result():
                out.write(json.dumps(report) + "\n")
                out.flush()
                yield report


def read_log(log: Path) -> list[Report]:
    """The reports of a log; an absent one has none."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line]


def _play(job: Job) -> list[Report]:
    profile = load_profile(job.profile)
    plan = read_day(job.day, profile)
    nothing = play(plan, Arm.DO_NOTHING, job.seed, profile)
    service = play(plan, Arm.FORESTALL, job.seed, profile, job.people)
    return [{"source": job.day.name, **describe(run, nothing)} for run in (nothing, service)]


def markdown_table(reports: Iterable[Report]) -> str:
    """One row per day taken over its seeds, and one for all; broken promises with and without the service."""
    by_day: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        if report["arm"] == Arm.FORESTALL:
            by_day[report["day"]].append(report)
    lines = [
        "| day | seeds | stops | broken, doing nothing | broken, forestall | saved | harmed | over 60 min | announced "
        "| stops moved | driving | messages | decisions | waited for people | violations | CPU s |",
        "| --- " + "| ---: " * 15 + "|",
    ]
    lines += [_row(_short(day), runs) for day, runs in sorted(by_day.items())]
    lines.append(_row("**all**", [report for runs in by_day.values() for report in runs]))
    return "\n".join(lines)


def _row(name: str, runs: Sequence[Report]) -> str:
    def total(key: str) -> int:
        return sum(int(run[key]) for run in runs)

    stops = total("stops")
    driving = f"{100 * (total('travel_s') / max(1, total('travel_s_by_doing_nothing')) - 1):+.1f} %"
    before, after = total("broken_by_doing_nothing"), total("broken")
    cells = [
        name, len(runs), stops, f"{before} ({_percent(before, stops)})", f"{after} ({_percent(after, stops)})",
        total("saved"), total("harmed"), total("over_60_min"), total("announced"),
        total("stops_moved"), driving, total("messages"),
        total("decisions"), total("waiting_for_people"), total("policy_violations"),
        f"{sum(float(run['cpu_s']) for run in runs) / max(1, len(runs)):.0f}",
    ]  # fmt: skip
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _short(day: str) -> str:
    return day.removeprefix("ORTEC-VRPTW-ASYM-")
