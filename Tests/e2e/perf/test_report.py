# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf report` from outside: pages and plots of real runs and of files that mean no good."""

import xml.etree.ElementTree as xml
from html.parser import HTMLParser

import pytest
from reports import HOSTILE, damaged_histogram, perf, result, run, write

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "br", "hr", "img", "input"}
OURS = set("html head meta title style body header main nav article section h1 h2 h3 p span b a ul li dl".split()) | set(
    "div dt dd code table thead tbody tr th td figure figcaption details summary".split()
)
DRAWN = {"svg", "text", "line", "path", "circle", "rect", "title"}


class Page(HTMLParser):
    """What stands on a page; every element must be closed in its turn."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self.open[-1] != "style":
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def draw(tmp_path):
    """Draws results; gives the page and the plots by their names."""

    def drawn(*results: dict):
        files = [write(tmp_path / f"result{index}.json", one) for index, one in enumerate(results)]
        done = perf("report", *files, "-o", tmp_path / "report.html", "--svg", tmp_path / "plots")
        assert done.returncode == 0 and done.stdout == done.stderr == "", done.stderr
        plots = {file.name: xml.parse(file).getroot() for file in (tmp_path / "plots").iterdir()}
        return Page((tmp_path / "report.html").read_text()), plots

    return drawn


def test_real_runs_side_by_side(server, draw, tmp_path):
    files = [tmp_path / "closed.json", tmp_path / "open.json"]
    url = f"ws://127.0.0.1:{server.port}/echo"
    brief = ["--duration", "1500ms", "--warm-up", "100ms", "--connections", "4"]
    for file, more in zip(files, [[], ["--rate", "500"]]):
        perf("echo", "--url", url, *brief, *more, "--json", file).check_returncode()
    done = perf("report", *files, "-o", tmp_path / "report.html", "--svg", tmp_path / "plots")
    assert done.returncode == 0, done.stderr
    page = Page((tmp_path / "report.html").read_text())
    for words in ["echo: closed", "echo: open", url, "Every reply was right.", "Latency by percentile"]:
        assert words in page.text
    names = {file.name for file in (tmp_path / "plots").iterdir()}
    assert "echo-open-latency-by-percentile.svg" in names
    assert "echo-closed-rate-over-time.svg" in names
    assert "all-response-time-by-percentile.svg" in names


def test_everything_is_told(draw):
    faulty = dict(lost=3, duplicated=0, reordered=0, corrupted=1, closed=0)
    page, _ = draw(
        result(
            run("first"),
            run("second", faults=faulty, verdict="client saturated: its busiest thread used 97 % of its core"),
        )
    )
    for words in [
        "WRONG: 3 lost, 1 corrupted.",
        "Client saturated: its busiest thread used 97 % of its core.",
        "As scheduled: neither client nor server was the limit.",
        "It was a test.",
        "The governor is powersave.",
        "swiftlet-perf echo",
        "2026-01-01T12:00:00Z",
        "a processor, 2 processors, 8.00 GB",
        "5.00 ms",  # the longest
        "98.5 µs",  # half of them
        "500/s",
        "25 % busy, waited 2 %",
    ]:
        assert words in page.text, words
    assert page.text.index("WRONG") < page.text.index("As scheduled"), "the worst comes first"


def test_needs_nothing_else(draw):
    page, _ = draw(result(run("first"), run("second")))
    assert {tag for tag, _ in page.elements} <= OURS | DRAWN
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert name not in ("src", "srcset", "style") and not name.startswith("on")
            if name == "href":
                assert value.startswith("#")
            elif name != "xmlns":
                assert "//" not in (value or "") or name == "aria-label"
    [policy] = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_plots_are_there_for_all_that_was_measured(draw):
    ramp = [
        run(f"{count} connections", count, load=run()["load"] | {"connections": count}) for count in (1, 10, 100)
    ]
    page, plots = draw(result(*ramp, scenario="ramp"))
    for title in [
        "Response time by number of connections",
        "Rate by number of connections",
        "Response times of the runs",
        "Response time by percentile",
        "10 connections: Latency by percentile",
        "10 connections: Phases by percentile",
        "10 connections: Histogram of response times",
        "10 connections: Rate over time",
        "10 connections: Response time over time",
        "10 connections: Times by message",
        "10 connections: Over time: sent, pending",
        "10 connections: Over time: memory",
    ]:
        assert title in page.words, title
    assert len(plots) == 4 + 3 * 8
    for name, svg in plots.items():
        assert svg.tag == SVG + "svg" and svg.get("role") == "img" and svg.get("aria-label"), name
        assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= DRAWN
    assert len(page.all("svg")) == 2 * len(plots), "one for wide and one for narrow screens"
    assert len(page.all("details")) == len(plots), "each in numbers too"


def test_single_values_at_the_far_end_are_drawn(draw):
    """The one message of a thousand, in every plot that has its time on an axis."""
    _, plots = draw(result(run()))
    curve = plots["echo-latency-by-percentile.svg"]
    assert "response max: 5.00 ms" in {title.text for title in curve.iter(SVG + "title")}


@pytest.mark.parametrize(
    "hostile",
    [
        result(run(HOSTILE), run(HOSTILE), scenario=HOSTILE, command=[HOSTILE], preflight=[HOSTILE, HOSTILE]),
        result(run(verdict=HOSTILE, remarks=[HOSTILE], figures={HOSTILE: 1})),
        result(run(series=[{"name": HOSTILE, "unit": HOSTILE, "points": [[0, 1], [1, 2]]}])),
        result(run(times={HOSTILE: run()["times"]["response"]})),
        result(scenario=""),
        result(run("", load=None, figures={}, verdict=None, faults=None, times={}, seconds=[], series=[], messages=[])),
        result(run(figures={"rate": "NaN", "measuredSeconds": "-Infinity", "x": "Infinity"})),
        result(run(figures={"rate": -1e300, "measuredSeconds": 1e-300})),
        result(run(series=[{"name": "x", "unit": "s", "points": [[], [1], [1, 2, 3], [1e308, -1e308]]}])),
        result(run(times={"response": run()["times"]["response"] | {"hdr": damaged_histogram()}})),
        result(run(times={"response": run()["times"]["response"] | {"count": 2**63, "max": 0, "p50": 2**64 - 1}})),
        result(run(seconds=[{"sent": -(2**62), "received": 2**62, "p50": 0, "p99": 2**63, "max": 0}] * 2)),
        result(run(messages=[{"idx": -(2**63), "time": -1, "send": 0, "recv": -1, "total": 1e300}] * 2)),
        result(*[run(str(index), load={**run()["load"], "connections": 2**62, "threads": 9}) for index in range(2)]),
        result(*[run(f"run {index}", messages=[]) for index in range(20)]),
    ],
    ids=lambda one: None,
)
def test_whatever_a_file_holds_the_page_is_sound(draw, hostile):
    page, plots = draw(hostile)
    assert {tag for tag, _ in page.elements} <= OURS | DRAWN
    for name, svg in plots.items():
        assert "/" not in name and len(name) < 128
        for element in svg.iter():
            for key, value in element.attrib.items():
                if key != "aria-label":
                    assert "nan" not in value and "inf" not in value, (name, key, value)


def test_many_messages_make_no_large_page(draw, tmp_path):
    messages = [
        {"idx": index, "time": 0, "send": 1e-6, "recv": 1e-3, "total": 1e-3 + index % 100 * 1e-5}
        for index in range(200_000)
    ]
    messages[77_777]["total"] = 10.0
    page, plots = draw(result(run(messages=messages)))
    assert "200,000 messages; those that would lie on one another are drawn once." in page.text
    assert (tmp_path / "report.html").stat().st_size < 3_000_000
    assert "10.0 s" in page.text  # the longest, in the table


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("", "is not a result file of swiftlet-perf"),
        ("{}", "is not a result file of swiftlet-perf"),
        ("[" * 100_000, "is not a result file of swiftlet-perf"),
        ('{"schema": 99}', "has schema 99"),
        ('{"schema": 1, "runs": 7}', "is damaged"),
        ("\x7fELF", "is not a result file of swiftlet-perf"),
    ],
)
def test_what_is_none_of_ours(tmp_path, content, sentence):
    file = tmp_path / "other.json"
    file.write_text(content)
    done = perf("report", file, "-o", tmp_path / "report.html")
    assert done.returncode == 65
    assert str(file) in done.stderr and sentence in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "report.html").exists()


def test_what_cannot_be_read_or_written(tmp_path):
    good = write(tmp_path / "good.json", result(run()))
    missing = perf("report", tmp_path / "missing.json", "-o", tmp_path / "report.html")
    assert missing.returncode == 66 and "missing.json: No such file" in missing.stderr
    folder = perf("report", tmp_path, "-o", tmp_path / "report.html")
    assert folder.returncode == 66 and "Is a directory" in folder.stderr
    nowhere = perf("report", good, "-o", tmp_path / "none" / "report.html")
    assert nowhere.returncode == 73 and "Cannot write" in nowhere.stderr
    below_a_file = perf("report", good, "--svg", good / "plots")
    assert below_a_file.returncode == 73 and "Cannot make the folder" in below_a_file.stderr
    neither = perf("report", good)
    assert neither.returncode == 64 and "-o report.html" in neither.stderr
