# SPDX-License-Identifier: Apache-2.0
"""The report of `swiftlet-perf` as people see it: on a phone and on a desk, by day and by night, printed."""

import base64

import pytest
from browser import Window
from looks import faint_text, page_width
from reports import HOSTILE, perf, result, run, write

FAULTS = {"lost": 3, "duplicated": 0, "reordered": 0, "corrupted": 1, "closed": 0}


def many(name: str) -> list[dict]:
    """Runs with all kinds of plots and of sentences."""
    load = run()["load"]
    ramp = [run(f"{name} {count}", count, load=load | {"connections": count}) for count in (1, 10, 100)]
    ramp[1] |= {"faults": FAULTS, "verdict": "client saturated: its busiest thread used 97 % of its core"}
    return ramp


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A report of results with long names and hostile ones."""
    folder = tmp_path_factory.mktemp("report")
    long = "word" * 40
    files = [
        write(folder / "one.json", result(*many("connections"), command=["swiftlet-perf", "--json", long])),
        write(folder / f"{long}.json", result(*many(long), run(HOSTILE), scenario=HOSTILE, seed=long)),
        write(folder / "none.json", result()),
    ]
    done = perf("report", *files, "-o", folder / "report.html")
    assert done.returncode == 0, done.stderr
    return f"file://{folder}/report.html"


@pytest.fixture
def page(chromium, url):
    """Afterwards Chromium must have had nothing to complain of, and have asked for nothing else."""
    window = Window(chromium, url)
    yield window
    assert window.complaints() == []
    assert {asked for asked in window.requests() if not asked.startswith("data:")} <= {url}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_fits_and_is_legible(page, width, scheme):
    page.resize(width, 800)
    page.prefer(scheme)
    page.load()
    page.run("for (const part of document.querySelectorAll('details')) part.open = true")
    assert page_width(page) <= width
    assert faint_text(page) == []
    too_small = """
        return [...document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility()).flatMap((svg) => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            return scale * 12 < 9.5 ? [scale * 12] : [];
        })
    """
    assert page.run(too_small) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_no_label_leaves_its_plot(page, width):
    page.resize(width, 800)
    page.load()
    cut = """
        return [...document.querySelectorAll("svg text")].filter((text) => text.checkVisibility()).filter((text) => {
            const [inner, outer] = [text, text.ownerSVGElement].map((part) => part.getBoundingClientRect());
            return inner.left < outer.left - 1 || inner.right > outer.right + 1
                || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
        }).map((text) => text.textContent)
    """
    assert page.run(cut) == []


def test_each_plot_is_seen_once(page):
    page.load()
    shown = "return [...document.querySelectorAll('figure')].map((figure) => " \
        "[...figure.querySelectorAll('svg')].filter((svg) => svg.checkVisibility()).length)"
    for width in (360, 1280):
        page.resize(width, 800)
        assert set(page.run(shown)) == {1}


def test_wide_tables_are_scrolled_by_keyboard(page):
    page.resize(360, 800)
    page.load()
    assert page.run("return [...document.querySelectorAll('.table')].every((table) => table.tabIndex === 0)")


def test_prints(page):
    page.load()
    printed = page.driver.execute_cdp_cmd("Page.printToPDF", {})["data"]
    assert base64.b64decode(printed).startswith(b"%PDF")
