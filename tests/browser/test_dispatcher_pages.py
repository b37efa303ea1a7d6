"""A dispatcher at work: from the queue to the card, an answer, and what came of it."""

import pytest

pytestmark = pytest.mark.browser


def press(page, key):
    """Once the page's script is there: a browser shows a page before it has run it."""
    page.locator("body[data-keys=ready]").wait_for()
    page.keyboard.press(key)


def open_case(page):
    page.get_by_role("link", name="Vehicle broke down on R01: 6 stops").first.click()
    page.get_by_role("heading", level=1, name="Vehicle broke down on R01").wait_for()


def answer(page, button, name="Ada", reason=None):
    page.get_by_label("Your name").fill(name)
    if reason:
        page.get_by_label("Reason").select_option(label=reason)
    page.get_by_role("button", name=button).click()


def test_approving_a_rescue_carries_it_out_and_shows_what_was_sent(day, open_page):
    page = open_page()
    open_case(page)
    page.get_by_text("Fetch 6 stops from broken V01 onto").first.wait_for()
    answer(page, "Approve")
    page.get_by_role("status").get_by_text("Approved.").wait_for()
    day.tick()
    page.reload()
    page.get_by_text("decision on plan 1: approved").wait_for()
    page.get_by_text("driver's app").first.wait_for()
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("table", name="").last.get_by_text("approved").wait_for()


def test_it_all_works_without_javascript(day, open_page):
    page = open_page(java_script_enabled=False)
    open_case(page)
    answer(page, "Reject", reason="Not safe")
    page.get_by_text("Rejected. Nothing will be done on this plan.").wait_for()
    page.get_by_text("rejected by Ada, Not safe").wait_for()


def test_a_rejection_without_a_reason_is_asked_for_one(open_page, day):
    page = open_page()
    open_case(page)
    with page.expect_response(lambda response: response.status == 422):
        answer(page, "Reject")
    page.get_by_role("alert").get_by_text("a no needs a reason").wait_for()
    assert page.get_by_role("button", name="Approve").is_visible()


def test_the_slower_of_two_dispatchers_is_told_who_was_faster(open_page, day):
    first, second = open_page(), open_page()
    open_case(first)
    open_case(second)
    answer(first, "Approve", name="Ada")
    first.get_by_role("status").wait_for()
    with second.expect_response(lambda response: response.status == 409):
        answer(second, "Reject", name="Bo", reason="Costs too much")
    second.get_by_role("alert").get_by_text("Your answer was not taken").wait_for()
    second.get_by_text("approved by Ada").wait_for()


def test_a_card_can_be_answered_by_keyboard_alone(open_page, day):
    page = open_page()
    open_case(page)
    page.get_by_label("Your name").focus()
    page.keyboard.type("Ada")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").split() == ["Approve", "A"]  # and its key
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Approved.").wait_for()


def leads_on(request):
    """Whether it is what a pressed button makes, not one of the pictures of the page before."""
    return request.is_navigation_request() or request.method != "GET"


def test_enter_after_ones_name_presses_no_button(open_page, day):
    for where in ("case", "route"):
        page = open_page("/routes/R02" if where == "route" else "/?refresh=off")
        if where == "case":
            open_case(page)
        sent = []
        page.on("request", lambda request, sent=sent: sent.append(request.method) if leads_on(request) else None)
        page.get_by_label("Your name").fill("Ada")
        press(page, "Enter")
        page.wait_for_timeout(300)
        assert sent == []


def test_a_driver_who_was_reached_is_confirmed_for_by_hand(open_page, day):
    page = open_page()
    open_case(page)
    answer(page, "Approve")
    page.get_by_role("status").wait_for()
    day.tick()
    page.reload()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Driver has read it").first.click()
    page.get_by_role("status").get_by_text("Confirmed for the driver.").wait_for()
    page.get_by_text("confirmed by Ada for the driver").first.wait_for()


def test_single_keys_do_the_work_of_the_buttons(open_page, day):
    page = open_page()
    press(page, "j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Vehicle broke down on R01").wait_for()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("heading", name="Recommended").click()  # out of the field: keys are for who is not writing
    press(page, "s")
    page.get_by_label("For so many minutes").wait_for()
    page.get_by_role("heading", name="Recommended").click()
    press(page, "2")
    assert page.locator("[data-alternative='2']").is_checked()
    press(page, "v")
    assert page.evaluate("document.activeElement.id") == "reason"
    page.get_by_label("Reason").select_option(label="Not safe")
    page.get_by_role("heading", name="Recommended").click()
    press(page, "v")
    page.get_by_text("rejected by Ada, Not safe").wait_for()


def test_single_keys_can_be_switched_off(open_page, day):
    page = open_page()
    open_case(page)
    press(page, "?")
    page.get_by_label("Single keys are on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    press(page, "s")
    assert not page.locator("#snooze").evaluate("one => one.open")
    press(page, "?")
    assert not page.get_by_label("Single keys are on").is_checked()


def test_what_was_done_can_be_undone_from_the_overview(open_page, day):
    page = open_page()
    open_case(page)
    answer(page, "Approve")
    page.get_by_role("status").wait_for()
    day.tick()
    page.goto(day.address + "/?refresh=off")
    page.get_by_role("link", name="Undo Vehicle broke down").click()
    page.get_by_role("heading", name="Done here").wait_for()
    press(page, "u")
    page.get_by_role("status").get_by_text("Undone").wait_for()
    page.get_by_text("undone by a person").first.wait_for()


def test_a_plan_of_ones_own_is_made_without_javascript(open_page, day):
    page = open_page(java_script_enabled=False)
    open_case(page)
    page.get_by_text("Edit the plan").click()
    page.get_by_label("S006", exact=True).check()
    page.get_by_label("Order on RSP1").fill("S003 S002")
    answer(page, "Carry out this version", reason="I know something the plan does not")
    page.get_by_role("status").get_by_text("Your version").wait_for()
    day.tick()
    page.reload()
    page.get_by_text("decision on plan 2: done, as a person changed it").wait_for()


def test_a_plan_that_is_asked_about_again_shows_what_is_different(open_page, day):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(bypass_csp=True)
    open_case(page)
    answer(page, "Approve")
    page.get_by_role("status").wait_for()
    day.tell("breakdown", "VSP1", {"lat": 41.15, "lon": -8.61})  # the one that was to fetch them
    day.tick()
    page.reload()
    again = page.get_by_role("region", name="Asked again")
    again.get_by_text("stops would go to another vehicle").wait_for()
    again.get_by_text("Stop by stop").click()
    assert Axe().run(page).response["violations"] == []
    assert page.get_by_role("button", name="Approve").is_visible()


def test_several_cases_are_approved_at_once_and_each_says_what_came_of_it(open_page, day):
    page = open_page()
    press(page, "j")
    press(page, "x")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("heading", name="Needs you").click()
    press(page, "a")
    page.get_by_role("status").get_by_text("approved").wait_for()


def test_a_countdown_runs_and_the_page_says_how_long_it_was_looked_at(open_page, day):
    page = open_page()
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # from here on, time is what the test says
    open_case(page)
    shown = page.locator("#answer [data-left]")
    shown.evaluate("one => { one.dataset.left = '4'; }")
    page.clock.run_for(1000)
    page.get_by_text("3 s left").wait_for()
    page.clock.run_for(3000)
    page.get_by_text("time is up").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_fault(open_page, day, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(color_scheme=scheme, bypass_csp=True)
    open_case(page)
    case = page.url.removeprefix(day.address)
    for path in ("/?refresh=off", case, "/routes/R01", "/docs", "/cases/nope"):
        page.goto(day.address + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert Axe().run(page).response["violations"] == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_calibration_page_is_drawn_fits_and_has_no_accessibility_fault(open_page, watched, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(
        "/calibration?hub=H1", color_scheme=scheme, bypass_csp=True, viewport={"width": 380, "height": 800}
    )
    diagrams = page.get_by_role("img", name="H1, 20 to 45 min ahead")
    assert diagrams.count() == 1
    box = diagrams.bounding_box()
    assert min(box["width"], box["height"]) > 200
    points = diagrams.locator("circle").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert len(points) == len(watched.said)
    assert min(points) > 2
    page.get_by_role("row", name="H1 20 to 45 min drifting: a person decides").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    assert Axe().run(page).response["violations"] == []


def test_pages_fit_a_narrow_screen(open_page, day):
    page = open_page(viewport={"width": 380, "height": 800})
    open_case(page)
    for path in ("/?refresh=off", page.url.removeprefix(day.address), "/routes/R01"):
        page.goto(day.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 380, path
