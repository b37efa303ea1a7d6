"""The wording of what customers get. Short enough for one SMS segment in every locale offered (a test counts)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Digits only: words such as CANCEL, END or YES are opt-out or opt-in keywords of the SMS networks.
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "eta_update": {
        "en": "Your delivery is running late. We now expect it {eta_from}-{eta_to}. "
        "Reply 1: fine, 2: leave in a safe place, 3: please call. STOP to opt out.",
        "pt": "A sua entrega esta atrasada. Prevemos agora {eta_from}-{eta_to}. "
        "Responda 1: ok, 2: deixar em local seguro, 3: ligar. STOP para sair.",
    },
    "offer_reschedule": {
        "en": "We are sorry: we can't keep today's delivery time. Reply 1: late today, 2: another day, "
        "3: please call. STOP to opt out.",
        "pt": "Lamentamos: hoje nao conseguimos cumprir a hora. Responda 1: hoje mais tarde, 2: outro dia, "
        "3: ligar. STOP para sair.",
    },
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "eta_update": {"1": "fine", "2": "safe_place", "3": "call"},
    "offer_reschedule": {"1": "late_today", "2": "another_day", "3": "call"},
}
DEFAULT_LOCALE = "en"
_STEP = timedelta(minutes=15)


def render(template: str, locale: str, zone: str, eta_from: datetime, eta_to: datetime) -> str:
    """The text of a message, its times in the address's own time zone. An unknown locale gets English."""
    texts = _TEXTS[template]
    text = texts.get(locale, texts[DEFAULT_LOCALE])
    local = ZoneInfo(zone)
    return text.format(
        eta_from=eta_from.astimezone(local).strftime("%H:%M"), eta_to=eta_to.astimezone(local).strftime("%H:%M")
    )


def list_locales(template: str) -> tuple[str, ...]:
    return tuple(_TEXTS[template])


def rounded_window(earliest: datetime, latest: datetime) -> tuple[datetime, datetime]:
    """A span a person can plan with, outward to the quarter hour: customers want a window, not a minute."""
    return _floor(earliest), _floor(latest + _STEP - timedelta(microseconds=1))


def _floor(instant: datetime) -> datetime:
    seconds = instant.astimezone(UTC).timestamp()
    step = _STEP.total_seconds()
    return datetime.fromtimestamp(seconds // step * step, UTC)
