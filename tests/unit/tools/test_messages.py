"""Customer messages: short, with choices that are no network keywords, and never in quiet hours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import at
from tools.messages import CHOICES, list_locales, render, rounded_window
from tools.notify_customer import sendable_from

GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
ALL = [(template, locale) for template in CHOICES for locale in list_locales(template)]


@pytest.mark.parametrize(("template", "locale"), ALL)
def test_every_message_fits_one_gsm7_segment(template: str, locale: str):
    text = render(template, locale, "Europe/Lisbon", at(0), at(90))
    assert set(text) <= GSM7
    assert len(text) <= 160


@pytest.mark.parametrize("template", CHOICES)
def test_choices_are_digits_because_words_are_network_keywords(template: str):
    assert all(choice.isdigit() for choice in CHOICES[template])


def test_times_are_shown_in_the_addresss_own_zone():
    text = render("eta_update", "en", "Europe/Madrid", at(0), at(30))
    assert "07:00-07:30" in text


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(0, 600))
def test_a_window_is_rounded_outward_to_quarters(start: datetime, minutes: int):
    earliest = start.replace(tzinfo=UTC)
    latest = earliest + timedelta(minutes=minutes)
    opens, closes = rounded_window(earliest, latest)
    assert opens <= earliest
    assert closes >= latest
    assert (earliest - opens) < timedelta(minutes=15) > (closes - latest)
    assert opens.minute % 15 == closes.minute % 15 == 0


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.sampled_from(["Europe/Lisbon", "Asia/Kolkata"]))
def test_nothing_is_sendable_in_quiet_hours_and_nothing_waits_without_need(naive: datetime, zone: str):
    from zoneinfo import ZoneInfo

    now = naive.replace(tzinfo=UTC)
    moment = sendable_from(now, zone)
    local = moment.astimezone(ZoneInfo(zone))
    assert 8 <= local.hour < 20
    assert now <= moment <= now + timedelta(hours=13)
    assert moment == now or (local.hour, local.minute) == (8, 0)
