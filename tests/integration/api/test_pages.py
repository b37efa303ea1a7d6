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
        assert "unless vetoed" in lane

    def test_a_veto_window_that_is_over_runs_now_and_another_question_is_over(self, planned, small):
        for number, is_veto in enumerate([True, False]):
            case = small.make_case(id=f"C-{number}", fingerprint=f"f{number}", act_by=None)
            store = planned.service.store
            small.add_waiting_case(store, case, f"I-{number}", is_veto=is_veto, expires_at=small.at(0))
        page = get(planned, "/").text
        assert page.count("runs now") == page.count("time is up") == 1

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

    def test_stops_stand_as_they_are_driven_wherever_the_list_had_them(self, planned, small):
        events = [
            small.event("e1", "departed", "R1", {"to_stop": "S2"}, small.at(7)),
            small.event("e2", "arrived", "S2", when=small.at(7, 10)),
        ]
        assert planned.client.post("/v1/events", json=events).status_code < 300
        page = get(planned, "/routes/R1").text
        assert re.findall(r'<th scope="row">(S\d)', page) == ["S2", "S1"]
        assert 'formaction="/stops/S1/pin"' in page
        assert 'formaction="/stops/S2/pin"' not in page  # nothing would move it any more

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

    def test_a_plan_that_was_decided_on_is_no_longer_recommended(self, waiting, small):
        assert '<h2 id="plan">Recommended</h2>' in get(waiting, "/cases/C-1").text
        post_answer(waiting)
        small.add_decision(waiting.service.store)
        heading = re.search(r'<h2 id="plan">.*?</h2>', get(waiting, "/cases/C-1").text, re.S)
        assert heading is not None
        assert "Newest plan" in heading[0]
        assert "done automatically" in heading[0]

    def test_a_change_of_less_than_a_point_is_neither_better_nor_worse(self, planned, small):
        small.add_waiting_case(planned.service.store, effects=[("S2", 0.63, 0.05), ("S3", 0.036, 0.044)])
        page = get(planned, "/cases/C-1").text
        rows = dict(re.findall(r'<th scope="row">(S\d).*?<td><span class="\w+">([\w ]+)</span></td>', page, re.S))
        assert rows == {"S2": "better", "S3": "as before"}
        assert "No stop gets worse" in page
        assert "get worse" not in get(planned, "/").text
        [candidate, _] = planned.client.get("/v1/cases/C-1").json()["proposals"][0]["candidates"]
        assert (candidate["better_off"], candidate["worse_off"]) == (["S2"], [])

    def test_what_a_language_model_wrote_is_marked_as_such_and_is_no_more_than_text(self, planned, small):
        small.add_waiting_case(planned.service.store, note=f"A disturbs fewer. {small.HOSTILE}")
        page = get(planned, "/cases/C-1").text
        panel = page[page.index('id="note"') : page.index('id="others"')]
        assert "written by a language model" in panel
        assert "A disturbs fewer. &lt;script&gt;" in panel
        assert "<dt>A</dt><dd>Move S2 from R1 to R2</dd>" in panel
        assert not has_inline_code(page)

    def test_where_no_model_wrote_anything_nothing_is_said_of_one(self, planned, small):
        small.add_waiting_case(planned.service.store, note="")
        assert "language model" not in get(planned, "/cases/C-1").text
        assert planned.client.get("/v1/cases/C-1").json()["proposals"][0]["model_note"] is None

    def test_a_note_is_not_shown_beside_a_persons_own_version(self, planned, small):
        small.add_waiting_case(planned.service.store, note="Do as I say.", edited_from="cand-2")
        assert "Do as I say." not in get(planned, "/cases/C-1").text

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
