"""The wording of what customers get. Short enough for one SMS segment in every locale offered (a test counts)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from forestall.domain.replies import CONFIRM_PRESENCE, NOT_UNDERSTOOD

RESCHEDULED, SECOND_ATTEMPT = "reschedule_confirmed", "second_attempt"
# Digits only: words such as CANCEL, END or YES are opt-out or opt-in keywords of the SMS networks.
_TEXTS: Mapping[str, Mapping[str, str]] = {
    CONFIRM_PRESENCE: {
        "en": "Your delivery comes today {eta_from}-{eta_to}. Reply 1: somebody is there, 2: leave in a safe place, "
        "3: another day. STOP to opt out.",
        "de": "Ihre Lieferung kommt heute {eta_from}-{eta_to}. Antwort 1: jemand ist da, 2: sicher ablegen, "
        "3: anderer Tag. STOP: keine SMS mehr.",
        "es": "Su entrega llega hoy {eta_from}-{eta_to}. Responda 1: habra alguien, 2: dejar en lugar seguro, "
        "3: otro dia. STOP para no recibir mas.",
        "fr": "Votre livraison arrive aujourd'hui {eta_from}-{eta_to}. Repondez 1: present, 2: lieu sur, "
        "3: un autre jour. STOP pour arreter.",
        "pt": "A sua entrega chega hoje {eta_from}-{eta_to}. Responda 1: estara alguem, 2: deixar em local seguro, "
        "3: outro dia. STOP para sair.",
    },
    RESCHEDULED: {
        "en": "Thank you. We will not come today; you will hear from us about another day. STOP to opt out.",
        "de": "Danke. Wir kommen heute nicht und melden uns wegen eines anderen Tages. STOP: keine SMS mehr.",
        "es": "Gracias. Hoy no iremos; le escribiremos para acordar otro dia. STOP para no recibir mas.",
        "fr": "Merci. Nous ne passerons pas aujourd'hui et vous proposerons un autre jour. STOP pour arreter.",
        "pt": "Obrigado. Hoje nao passaremos; vamos contacta-lo para marcar outro dia. STOP para sair.",
    },
    NOT_UNDERSTOOD: {
        "en": "Sorry, we did not understand. Reply 4: somebody is there, 5: leave in a safe place, 6: another day. "
        "STOP to opt out.",
        "de": "Das haben wir leider nicht verstanden. Antwort 4: jemand ist da, 5: sicher ablegen, 6: anderer Tag. "
        "STOP: keine SMS mehr.",
        "es": "No le hemos entendido. Responda 4: habra alguien, 5: dejar en lugar seguro, 6: otro dia. "
        "STOP para no recibir mas.",
        "fr": "Nous n'avons pas compris. Repondez 4: present, 5: lieu sur, 6: un autre jour. STOP pour arreter.",
        "pt": "Nao percebemos. Responda 4: estara alguem, 5: deixar em local seguro, 6: outro dia. STOP para sair.",
    },
    SECOND_ATTEMPT: {
        "en": "Your delivery is still with us. We plan to come again today {eta_from}-{eta_to}. "
        "Reply 1: somebody is there, 2: safe place, 3: another day. STOP to opt out.",
        "de": "Ihre Lieferung ist noch bei uns. Wir kommen heute noch einmal {eta_from}-{eta_to}. "
        "Antwort 1: jemand ist da, 2: sicher ablegen, 3: anderer Tag. STOP: Ende.",
        "es": "Aun tenemos su entrega. Volveremos hoy {eta_from}-{eta_to}. Responda 1: habra alguien, "
        "2: lugar seguro, 3: otro dia. STOP para no recibir mas.",
        "fr": "Nous avons encore votre colis. Nous repassons aujourd'hui {eta_from}-{eta_to}. Repondez 1: present, "
        "2: lieu sur, 3: un autre jour. STOP pour arreter.",
        "pt": "Ainda temos a sua entrega. Voltamos hoje {eta_from}-{eta_to}. Responda 1: estara alguem, "
        "2: local seguro, 3: outro dia. STOP para sair.",
    },
    "eta_update": {
        "en": "Your delivery is running late. We now expect it {eta_from}-{eta_to}. "
        "Reply 1: fine, 2: leave in a safe place, 3: please call. STOP to opt out.",
        "de": "Ihre Lieferung hat Verspaetung. Wir kommen voraussichtlich {eta_from}-{eta_to}. Antwort 1: gut, "
        "2: sicher ablegen, 3: bitte anrufen. STOP: keine SMS mehr.",
        "es": "Su entrega va con retraso: {eta_from}-{eta_to}. Responda 1: de acuerdo, 2: dejar en lugar seguro, "
        "3: llamar. STOP para no recibir mas.",
        "fr": "Votre livraison a du retard: {eta_from}-{eta_to}. Repondez 1: d'accord, 2: lieu sur, 3: appelez-moi. "
        "STOP pour arreter.",
        "pt": "A sua entrega esta atrasada. Prevemos agora {eta_from}-{eta_to}. "
        "Responda 1: ok, 2: deixar em local seguro, 3: ligar. STOP para sair.",
    },
    "offer_reschedule": {
        "en": "We are sorry: we can't keep today's delivery time. Reply 1: late today, 2: another day, "
        "3: please call. STOP to opt out.",
        "de": "Leider koennen wir die heutige Zeit nicht halten. Antwort 1: heute spaeter, 2: anderer Tag, "
        "3: bitte anrufen. STOP: keine SMS mehr.",
        "es": "Lo sentimos: hoy no llegaremos a la hora. Responda 1: hoy mas tarde, 2: otro dia, 3: llamar. "
        "STOP para no recibir mas.",
        "fr": "Desoles: l'heure d'aujourd'hui ne sera pas tenue. Repondez 1: plus tard, 2: un autre jour, "
        "3: appelez-moi. STOP pour arreter.",
        "pt": "Lamentamos: hoje nao conseguimos cumprir a hora. Responda 1: hoje mais tarde, 2: outro dia, "
        "3: ligar. STOP para sair.",
    },
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    CONFIRM_PRESENCE: {"1": "will_be_there", "2": "safe_place", "3": "another_day"},
    SECOND_ATTEMPT: {"1": "will_be_there", "2": "safe_place", "3": "another_day"},
    "eta_update": {"1": "fine", "2": "safe_place", "3": "call"},
    "offer_reschedule": {"1": "late_today", "2": "another_day", "3": "call"},
    # Digits that no other text offers: the answer to a question back can't be taken for one to what came before it.
    NOT_UNDERSTOOD: {"4": "will_be_there", "5": "safe_place", "6": "another_day"},
}
REPLIES = frozenset({RESCHEDULED, NOT_UNDERSTOOD})
"""Messages that answer a customer, who wrote first: the caps on what we send of ourselves don't count them."""
DEFAULT_LOCALE = "en"
_STEP = timedelta(minutes=15)


def render(
    template: str, locale: str, zone: str, eta_from: datetime | None = None, eta_to: datetime | None = None
) -> str:
    """The text of a message, its times (if it has any) in the address's own time zone; KeyError without them. An
    unknown locale gets English."""
    texts = _TEXTS[template]
    local, times = ZoneInfo(zone), {"eta_from": eta_from, "eta_to": eta_to}
    told = {name: at.astimezone(local).strftime("%H:%M") for name, at in times.items() if at is not None}
    return texts.get(locale, texts[DEFAULT_LOCALE]).format(**told)


def as_local_time(instant: datetime, zone: str) -> str:
    """``14:05 (Europe/Lisbon)``: a time as people at that place read it off their clocks."""
    return f"{instant.astimezone(ZoneInfo(zone)):%H:%M} ({zone})"


def list_locales(template: str) -> tuple[str, ...]:
    return tuple(_TEXTS[template])


def rounded_window(earliest: datetime, latest: datetime) -> tuple[datetime, datetime]:
    """A span a person can plan with, outward to the quarter hour: customers want a window, not a minute."""
    return _floor(earliest), _floor(latest + _STEP - timedelta(microseconds=1))


def _floor(instant: datetime) -> datetime:
    seconds = instant.astimezone(UTC).timestamp()
    step = _STEP.total_seconds()
    return datetime.fromtimestamp(seconds // step * step, UTC)
