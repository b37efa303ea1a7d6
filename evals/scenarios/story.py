"""A story: a name, a day, what happens on it, and the database state it must end in."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from evals.scenarios.day import small_day
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import Scene, set_scene
from evals.scenarios.state import FinalState, read_state
from forestall.domain.plan import DayPlan

Script = Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class Story:
    """``turns_on`` is what it is all about, as ``Scene`` can leave it out: without it, it must not end as expected.
    ``settings`` are the service's; a story that is not ``planned`` hands in its plan itself.
    """

    name: str
    theme: str
    text: str
    script: Script
    expected: Expected
    turns_on: str
    plan: DayPlan
    settings: Mapping[str, object] = field(default_factory=dict)
    planned: bool = True


@dataclass(frozen=True, slots=True)
class Ending:
    """How one playing of a story ended: its database, and what was seen on the way."""

    state: FinalState
    noted: Mapping[str, object]


STORIES: dict[str, Story] = {}


def story(
    name: str,
    expected: Expected,
    *,
    turns_on: str,
    plan: DayPlan | None = None,
    settings: Mapping[str, object] | None = None,
    planned: bool = True,
) -> Callable[[Script], Script]:
    """Enter a script under a name; its docstring tells the story.

    Raises:
        ValueError: the name is taken, or the story is not told.
    """

    def enter(script: Script) -> Script:
        if name in STORIES:
            raise ValueError(f"there are two stories named {name!r}")
        text = " ".join((script.__doc__ or "").split())
        if not text:
            raise ValueError(f"{name!r} has no text")
        theme = script.__module__.rpartition(".")[2].replace("_", " ")
        STORIES[name] = Story(
            name, theme, text, script, expected, turns_on, plan or small_day(), dict(settings or {}), planned
        )
        return script

    return enter


def play(one: Story, seed: int = 1, without: Collection[str] = ()) -> Ending:
    """Play a story to its end. ``seed`` is the luck the service forecasts with.

    A story whose scripted answers find no question, or whose service fails, raises AssertionError.
    """
    with set_scene(one.plan, {"seed": seed, **one.settings}, without, planned=one.planned) as scene:
        one.script(scene)
        return Ending(read_state(scene.service.store, scene.plan.day), dict(scene.noted))
