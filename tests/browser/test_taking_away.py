"""The handout: taken from a page, and opened from disk on a computer without a network."""

import pytest

import engine
from tests.browser.reader import DESK, PHONE

pytestmark = pytest.mark.browser


def test_a_handout_opens_from_disk_without_a_network(reader, browser, tmp_path):
    """Every file of the section arrives; the handout is whole at both widths and in both themes."""
    me = reader().open("/three-ways-out").predict()
    with me.page.expect_download(timeout=60_000) as waiting:
        me.page.get_by_role("button", name="Handout: one file that opens anywhere").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert me.fields()["f"] in file.name
    me.page.get_by_text("Charts as PNG and SVG").click()
    me.page.get_by_text("Events, series, settings and code").click()
    me.still()
    for name, start in (("PNG", b"\x89PNG"), ("Events, Parquet", b"PAR1"), ("Code, Python", b"#")):
        with me.page.expect_download(timeout=60_000) as waiting:
            me.page.get_by_role("button", name=name, exact=True).first.click()
        waiting.value.save_as(tmp_path / "file")
        assert (tmp_path / "file").read_bytes().startswith(start)
    assert not me.errors

    for width, scheme in (DESK, PHONE):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        page, asked, wrong = context.new_page(), [], []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, wrong=wrong: wrong.append(message.text))
        page.goto(file.as_uri())
        assert asked == [file.as_uri()] and not wrong
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert f"Forced Flow {engine.__version__}" in page.inner_text("main")
        for number, still in enumerate(page.locator("figure").all()):
            shown = [part.is_visible() for part in still.locator("> div > div").all()]
            drawn = [
                (place == "phone") == (width < 640) and theme == scheme
                for place in ("desk", "phone")
                for theme in ("light", "dark")
            ]
            assert shown == drawn, number
            wide = still.locator("svg:visible").first.bounding_box()["width"]
            assert wide <= width and still.evaluate("x => x.scrollWidth <= x.clientWidth")
        page.emulate_media(media="print")
        first = page.locator("figure").first.locator("> div > div")
        assert first.first.is_visible() and not first.last.is_visible()
        context.close()
