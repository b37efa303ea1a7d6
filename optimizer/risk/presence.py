"""Whether somebody opens the door: what asking the customer, and the answer, make of P(the first attempt fails)."""

from forestall.domain.orders import Order
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import Reply
from optimizer.risk.priors import Priors

_UNASKED, _ASKED, _ANSWERED, _SAFE = 0.0, 1.0, 2.0, 3.0


def presence_factor(stop: Stop, order: Order | None, priors: Priors) -> float:
    """What P(failed) of a customer who was never asked is multiplied by.

    A safe place helps only once the driver's list names it; till then its customer is one who was asked.
    """
    match presence_level(stop, order):
        case 3.0:
            return priors.failed_if_safe
        case 2.0:
            return priors.failed_if_confirmed
        case 1.0:
            return 1.0 - priors.helped_if_asked
        case _:
            return 1.0


def presence_level(stop: Stop, order: Order | None) -> float:
    """0 unasked, 1 asked, 2 somebody will be there, 3 the driver leaves it in a safe place: a learned model's input."""
    if order is None:
        return _UNASKED
    if order.wants_safe_place and stop.safe_place:
        return _SAFE
    if order.word.answer is Reply.WILL_BE_THERE:
        return _ANSWERED
    return _UNASKED if order.word.asked_at is None else _ASKED
