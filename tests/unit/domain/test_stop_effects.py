"""What a plan does to a stop is called better or worse only where a reader of whole percent could see it."""

import pytest

from forestall.domain.actions import StopEffect
from forestall.domain.ids import StopId


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0.04, 0.04, (False, False)),
        (0.036, 0.044, (False, False)),  # both read 4 %
        (0.40, 0.4099, (False, False)),
        (0.40, 0.3901, (False, False)),
        (0.05, 0.06, (False, True)),  # 0.00999… in floating numbers, a point for everybody else
        (0.06, 0.05, (True, False)),
        (0.30, 0.90, (False, True)),
        (1.0, 0.0, (True, False)),
    ],
)
def test_a_change_of_less_than_a_point_is_neither(before, after, told):
    effect = StopEffect(StopId("S1"), before, after)
    assert (effect.is_better, effect.is_worse) == told
