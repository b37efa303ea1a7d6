"""The templates: each one compiles, and escapes."""

import pytest

from api.console.rendering import CONSOLE_DIR, make_templates, show_clock

TEMPLATES = sorted(path.name for path in (CONSOLE_DIR / "templates").glob("*.html"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_compiles(name):
    make_templates().get_template(name)


def test_text_is_escaped_by_default():
    template = make_templates().env.from_string("{{ text }}")
    assert template.render(text="<b>") == "&lt;b&gt;"


def test_a_name_a_template_misspells_is_an_error():
    with pytest.raises(Exception, match="undefined"):
        make_templates().env.from_string("{{ nothing }}").render()


def test_an_instant_is_shown_in_the_hubs_own_time_with_the_full_one_beside():
    shown = show_clock("2026-07-02T08:00:00.000000Z", "Europe/Lisbon")
    assert shown == '<time datetime="2026-07-02T09:00:00+01:00" title="2026-07-02T09:00:00+01:00">09:00</time>'
