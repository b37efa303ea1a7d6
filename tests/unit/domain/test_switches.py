"""Switches: of all that concern a plan, the most bound one counts."""

from hypothesis import given
from hypothesis import strategies as st

from factories import START
from forestall.domain.ids import HubId
from forestall.domain.switches import Switch, Switchboard, base_position
from forestall.domain.vocabulary import Mode, Position, SwitchScope, Tool

FREE_TO_BOUND = [Position.RUN, Position.SUGGEST, Position.SHADOW, Position.STOP]
SUBJECTS = {SwitchScope.TENANT: [""], SwitchScope.HUB: ["H1", "H2"], SwitchScope.TOOL: ["reroute", "reassign"]}
switches = st.sampled_from([(scope, subject) for scope, names in SUBJECTS.items() for subject in names]).flatmap(
    lambda what: st.sampled_from(FREE_TO_BOUND).map(lambda where: Switch(*what, where, START, "ann", "why"))
)
boards = st.builds(
    Switchboard,
    st.sampled_from(FREE_TO_BOUND),
    st.lists(switches, unique_by=lambda one: (one.scope, one.subject)).map(tuple),
)


@given(boards, switches)
def test_a_further_switch_never_sets_anything_free(board: Switchboard, further: Switch) -> None:
    more = Switchboard(board.base, (*board.switches, further))
    before, after = (b.position_for([HubId("H1")], [Tool.REROUTE]) for b in (board, more))
    assert FREE_TO_BOUND.index(after) >= FREE_TO_BOUND.index(before)


@given(boards)
def test_switches_of_other_hubs_and_tools_change_nothing(board: Switchboard) -> None:
    meant = tuple(s for s in board.switches if s.scope is SwitchScope.TENANT or s.subject in {"H1", "reroute"})
    concerned = [HubId("H1")], [Tool.REROUTE]
    assert board.position_for(*concerned) is Switchboard(board.base, meant).position_for(*concerned)


@given(boards)
def test_a_board_that_holds_everything_holds_each_effect(board: Switchboard) -> None:
    if board.holds_all:
        assert board.holds(HubId("H1"), Tool.REASSIGN)
        assert board.holds(None, None)


def test_the_settings_of_a_process_are_the_freest_it_may_be() -> None:
    released = Switch(SwitchScope.TENANT, "", Position.RUN, START, "ann", "over")
    assert Switchboard(base_position(Mode.SUGGEST, False), (released,)).position_for([], []) is Position.SUGGEST
    assert base_position(Mode.LIVE, True) is Position.STOP
