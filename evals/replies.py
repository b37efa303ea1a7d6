"""What customers write back: the digit of a choice, or words of their own that mean the same."""

from collections.abc import Mapping

from evals.draws import Draws
from forestall.domain.ids import OrderId

WILL_BE_THERE, SAFE_PLACE, ANOTHER_DAY, LATE_IS_FINE = "will_be_there", "safe_place", "another_day", "late_is_fine"
"""What a customer may mean."""

STOP = "STOP"

# By what the service calls the same choice in its messages.
_OFFERED_AS: Mapping[str, tuple[str, ...]] = {
    WILL_BE_THERE: ("will_be_there",),
    SAFE_PLACE: ("safe_place",),
    ANOTHER_DAY: ("another_day",),
    LATE_IS_FINE: ("late_today", "fine"),
}
# As people write. Made up here without a look at how the service reads them: some it may not understand.
_WORDS: Mapping[str, tuple[str, ...]] = {
    WILL_BE_THERE: ("yes I'll be home", "ok, I am in", "Sure, ring twice please", "we're at home all day"),
    SAFE_PLACE: (
        "please leave it in the shed",
        "Put it behind the gate",
        "can you leave it with my neighbour?",
        "not in, safe place is fine",
    ),
    ANOTHER_DAY: ("not home today, tomorrow please", "Can you come another day?", "tomorrow works better"),
    LATE_IS_FINE: ("no problem, later is fine", "ok no rush", "fine, thanks for telling me"),
}


def find_digit(choices: Mapping[str, str], meaning: str) -> str | None:
    """The digit that stands for ``meaning`` among what a text offers; None when it is not offered."""
    return next((digit for digit, name in choices.items() if name in _OFFERED_AS[meaning]), None)


def pick_words(draws: Draws, order_id: OrderId, meaning: str) -> str:
    """The customer's own words for ``meaning``."""
    words = _WORDS[meaning]
    return words[int(draws.unit("words", order_id, meaning) * len(words))]
