# SPDX-License-Identifier: Apache-2.0
"""Live charts of what the server counts."""

from websockets.sync.client import connect


def legends(console, chart: int) -> dict[str, str]:
    texts = console.texts(f".chart:nth-of-type({chart}) .legend")
    return dict(text.rsplit(" ", 1) for text in texts)


def test_charts(console, server):
    console.click("#tab-metrics")
    with connect(f"{server.url}/echo") as peer:
        console.until(lambda: legends(console, 3).get("WebSockets") == "1")

        def counted() -> bool:
            for _ in range(50):
                peer.send("hello")
                peer.recv()
            return "sent 0" not in console.texts(".chart .legend")

        console.until(counted)
    titles = console.texts(".chart figcaption strong")
    assert titles == ["Messages per second", "Bytes per second", "Open connections"]
    for drawing in console.all(".chart svg"):
        assert "over 2 minutes, now:" in drawing.get_attribute("aria-label")
    assert "now" in console.texts(".chart svg .label")
    console.until(lambda: "L" in console.find(".chart path.series-1").get_attribute("d"))


def test_pause(console):
    console.click("#tab-metrics")
    console.until(lambda: len(console.all(".chart svg")) == 3)
    console.click("#pause-metrics")
    assert console.find("#pause-metrics").get_attribute("aria-pressed") == "true"
    console.drain_logs()
    console.driver.execute_async_script("setTimeout(arguments[0], 2500)")
    assert console.requests() == []


def test_axis_ends_in_round_numbers(console):
    script = """
        const [{ niceCeiling }] = modules;
        return [0, 1, 1.5, 3, 5, 11, 999, 1001, 4e6].map((value) => niceCeiling(value));
    """
    assert console.run_with("charts", script) == [2, 2, 2, 4, 10, 20, 1000, 2000, 4e6]
    bytes_script = "return [900, 1025, 5e6].map((value) => modules[0].niceCeiling(value, 1024));"
    assert console.run_with("charts", bytes_script) == [1000, 2048, 10 * 2**20]


def test_metrics_text(console):
    text = '# HELP a Words 1.\na 1\nb{x="y"} 2\nc_total 3.5e2\n'
    script = "return Object.fromEntries(modules[0].parseMetrics(arguments[0]));"
    assert console.run_with("metrics", script, text) == {"a": 1, "c_total": 350}
