"""The pages: they show what a dispatcher needs, take an answer, and trust nothing they are given."""

import re

import pytest

from forestall.domain.ids import HubId, RouteId, StopId
from forestall.domain.learning import DriftState, Grade

FORM = {"interrupt_id": "I-1", "verdict": "approve", "by": "Ada", "reason": "", "note": ""}
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
OWN_SCRIPT = '<script type="module" src="/static/console.js"></script>'


def has_inline_code(page):
    """Whether there is any script or style but the file that is ours."""
    return re.search(r"<script|<style|\sstyle=|\son\w+=", page.replace(OWN_SCRIPT, "")) is not None


def get(surface, path):
    response = surface.client.get(path, headers={"Accept": "text/html"})
    assert response.headers["content-type"].startswith("text/html")
    return response


def post_answer(surface, headers=SAME_SITE, **changes):
    return surface.client.post(
        "/cases/C-1/answer",
        data={**FORM, **changes},
        headers={"Accept": "text/html", **headers},
        follow_redirects=False,
    )


class TestOverview:
    def test_before_any_plan_it_says_how_to_send_one(self, surface):
        assert "PUT /v1/plans/{day}" in get(surface, "/").text

    def test_it_shows_what_waits_with_time_left_and_what_the_plan_gains(self, waiting):
        page = get(waiting, "/").text
        assert "Vehicle broke down on R1" in page
        assert "20 min left" in page
        assert re.search(r"1\.3.*→.*0\.3", page, re.S)

    def test_waiting_cases_stand_by_time_left_and_then_by_what_is_at_stake(self, planned, small):
        store = planned.service.store
        for number, (minutes, loss) in enumerate([(20, 1.0), (5, 1.0), (20, 9.0)]):
            case = small.make_case(id=f"C-{number}", fingerprint=f"f{number}", avoidable_loss=loss, act_by=None)
            expires = small.at(8, minutes)
            small.add_waiting_case(store, case, f"I-{number}", expires_at=expires)
        page = get(planned, "/").text
        assert re.findall(r'href="/cases/(C-\d)"', page) == ["C-1", "C-2", "C-0"]

    def test_a_veto_window_stands_in_its_own_lane(self, planned, small):
        small.add_waiting_case(planned.service.store, is_veto=True)
        page = get(planned, "/").text
        lane = page[page.index('id="lane"') : page.index('id="watched"')]
        assert "until it runs" in lane

    def test_decisions_made_are_listed(self, waiting, small):
        small.add_decision(waiting.service.store)
        assert "done automatically" in get(waiting, "/").text

    def test_reloading_can_be_stopped(self, planned):
        assert 'http-equiv="refresh"' in get(planned, "/").text
        assert 'http-equiv="refresh"' not in get(planned, "/?refresh=off").text

    def test_an_unknown_day_is_a_404_page(self, planned):
        response = get(planned, "/?day=nope")
        assert response.status_code == 404
        assert "There is no plan of the day nope." in response.text


class TestRoute:
    def test_it_shows_stops_with_window_forecast_and_reasons(self, waiting):
        page = get(waiting, "/routes/R1").text
        assert "62 %" in page
        assert "10:00" in page
        assert "on R1: S1, S2" in page

    def test_an_unknown_route_is_a_404_page(self, planned):
        assert get(planned, "/routes/nope").status_code == 404


class TestCase:
    def test_it_is_the_whole_decision_card(self, waiting, small):
        small.add_decision(waiting.service.store)
        page = get(waiting, "/cases/C-1").text
        for words in (
            "Needs a person&#39;s approval",
            "Stops change hands.",
            "reassign-needs-approval",
            "Gets worse: S3",
            "comes in",
            "Your parcel comes between",
            "done automatically",
            "Not chosen",
        ):
            assert words in page

    def test_approving_redirects_back_and_is_on_record(self, waiting):
        response = post_answer(waiting)
        assert (response.status_code, response.headers["location"]) == (303, "/cases/C-1?done=approve")
        page = get(waiting, response.headers["location"]).text
        assert "Approved." in page
        assert "by Ada" in page
        assert 'value="approve"' not in page

    def test_the_second_answer_is_told_kindly_with_the_present_state(self, waiting):
        post_answer(waiting)
        late = post_answer(waiting, verdict="reject", reason="COST", by="Bo")
        assert late.status_code == 409
        assert "Your answer was not taken" in late.text
        assert "by Ada" in late.text

    def test_a_rejection_without_a_reason_shows_the_card_again(self, waiting):
        response = post_answer(waiting, verdict="reject")
        assert response.status_code == 422
        assert "a no needs a reason" in response.text
        assert "<form" in response.text

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {},
        ],
        ids=repr,
    )
    def test_a_form_from_elsewhere_is_not_taken(self, waiting, headers):
        assert post_answer(waiting, headers).status_code == 403
        assert waiting.client.get("/v1/cases/C-1").json()["approvals"][0]["verdict"] is None

    def test_an_older_browser_is_known_by_its_origin(self, waiting):
        assert post_answer(waiting, {"Origin": "http://127.0.0.1"}).status_code == 303

    def test_the_name_is_remembered_for_the_next_answer(self, waiting, small):
        post_answer(waiting, by="Zoë; Path=/")
        other = small.make_case(id="C-2", fingerprint="f2")
        small.add_waiting_case(waiting.service.store, other, "I-2")
        assert 'value="Zoë; Path=/"' in get(waiting, "/cases/C-2").text


class TestHostileNames:
    def test_names_from_a_plan_are_shown_as_text(self, surface, small):
        surface.put_plan(small.make_plan(hub_name=small.HOSTILE, driver_name=small.HOSTILE))
        for path in ("/", "/routes/R1"):
            page = get(surface, path).text
            assert not has_inline_code(page)
        assert "&lt;script&gt;" in page

    def test_notes_and_names_of_people_are_shown_as_text(self, waiting, small):
        post_answer(waiting, by=small.HOSTILE, verdict="reject", reason="OTHER", note=small.HOSTILE)
        page = get(waiting, "/cases/C-1").text
        assert not has_inline_code(page)
        assert "&lt;script&gt;" in page

    def test_a_drivers_note_is_shown_as_text(self, waiting, small):
        failed = small.event("f1", "failed", "S1", {"reason": "OTHER", "note": f"nobody home {small.HOSTILE}"})
        assert waiting.client.post("/v1/events", json=[failed]).is_success
        page = get(waiting, "/cases/C-1").text
        assert "nobody home &lt;script&gt;" in page
        assert "understood as RECIPIENT_UNAVAILABLE" in page
        assert not has_inline_code(page)

    def test_a_hostile_address_is_not_echoed(self, planned):
        assert not has_inline_code(get(planned, "/cases/%3Cscript%3Ealert(1)%3C%2Fscript%3E").text)
        assert not has_inline_code(get(planned, "/?day=%3Cscript%3E").text)


class TestCalibration:
    def test_before_anything_is_graded_it_says_so_and_the_overview_leads_there(self, planned):
        assert "No finished stop has been graded yet" in get(planned, "/calibration").text
        overview = get(planned, "/").text
        assert "Forecast: cold start · not yet judged" in overview
        assert 'href="/calibration"' in overview

    def test_it_shows_diagrams_with_their_numbers_in_words_and_in_a_table(self, planned, small):
        grade(planned, small.at(7, 0))
        page = get(planned, "/calibration?hub=H1").text
        assert page.count('<svg viewBox="') == page.count("<desc ") == 2  # all hubs, and the one asked for
        assert "said 20%, came 20% of 100" in page
        assert page.count("What was said and what came</caption>") == 2

    def test_a_hub_that_drifts_is_said_on_the_first_page(self, planned, small):
        now = small.at(7, 0)
        state = DriftState(HubId("H1"), 20, True, now, now, 300, 0.08, 0.03, None, None)
        with planned.service.store.write() as uow:
            uow.drift.put(state)
        assert "drifting at H1 20 to 45 min: every action there waits for a person" in get(planned, "/").text
        assert "drifting: a person decides" in get(planned, "/calibration").text

    def test_names_are_shown_as_text(self, planned, small):
        grade(planned, small.at(7, 0), model=small.HOSTILE)
        page = get(planned, "/calibration").text
        assert not has_inline_code(page)
        assert "&lt;script&gt;" in page


def grade(surface, now, model="m-1"):
    """A hundred graded stops, a fifth of which was late as the forecast had said."""
    grades = [
        Grade(StopId(f"g{i}"), 20, "d", HubId("H1"), RouteId(f"r{i % 9}"), now, now, model, 0.2, i % 5 == 0, i % 5 != 1)
        for i in range(100)
    ]
    with surface.service.store.write() as uow:
        uow.outcomes.add_grades(grades)


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/v1/cases", "/v1/nope", "/static/console.css", "/docs", "/calibration"])
    def test_every_answer_carries_the_content_policy(self, planned, path):
        headers = planned.client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"

    def test_pages_hold_no_inline_script_or_style(self, waiting):
        for path in ("/", "/routes/R1", "/cases/C-1", "/docs", "/calibration"):
            page = get(waiting, path).text
            assert not has_inline_code(page)
            assert page.count(OWN_SCRIPT) == 1
