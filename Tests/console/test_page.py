# SPDX-License-Identifier: Apache-2.0
"""What holds for the page as a whole: keyboard, contrast, narrow screens, where it connects."""

from urllib.parse import urlsplit

import pytest
from looks import faint_text, page_width
from selenium.webdriver.common.keys import Keys

TABS = ["#tab-messaging", "#tab-images", "#tab-metrics"]
INNER_TABS = ["#tab-messages", "#tab-claims", "#tab-subscriptions", "#tab-queue", "#tab-any", "#tab-raw"]


def views(console):
    """Goes through all that the page can show without a connection."""
    for tab in TABS:
        console.click(tab)
        if tab == "#tab-images":
            console.click("#sample")
            console.until(lambda: console.find("#image-result").is_displayed())
        if tab == "#tab-messaging":
            for inner in INNER_TABS:
                console.click(inner)
                yield f"{tab} {inner}"
        else:
            yield tab


def test_all_requests_go_to_the_server(console, server):
    console.drain_logs()
    console.load()
    for _ in views(console):
        pass
    console.click("#connect")
    console.until(lambda: console.text("#state") != "connecting")
    urls = [url for url in console.requests() if not url.startswith("data:")]
    assert any("/stats?" in url for url in urls) and any("/metrics" in url for url in urls)
    for url in urls:
        assert urlsplit(url).netloc == f"127.0.0.1:{server.port}", url
    console.complaints()  # of /v2, should it not be there


def test_other_hosts_are_forbidden(console):
    script = """
        const done = arguments[0];
        addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
        fetch("http://127.0.0.2:9/").catch(() => {});
    """
    assert console.driver.execute_async_script(script) == "connect-src"
    console.fill("#url", "ws://127.0.0.2:9/v2")
    console.click("#connect")
    console.until_status("This page may connect only to the host it came from.")
    assert any("Content Security Policy" in line for line in console.complaints())


def test_no_script_from_markup(console):
    script = """
        try { document.body.innerHTML = "<b>x</b>"; } catch (error) { return error.name; }
    """
    assert console.run(script) == "TypeError"
    assert any("TrustedHTML" in line for line in console.complaints())


@pytest.mark.parametrize("url", ["", "ws://[", "ftp://127.0.0.1/"])
def test_what_is_no_url(console, url):
    console.fill("#url", url)
    console.find("#connection").submit()
    if url:
        console.until_status("The server is a WebSocket URL")
    assert console.text("#state") == "not connected"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(console, scheme):
    console.prefer(scheme)
    for view in views(console):
        assert faint_text(console) == [], view


@pytest.mark.parametrize("width", [320, 360, 700, 1180])
def test_nothing_is_wider_than_the_screen(console, width):
    console.resize(width, 740)
    for view in views(console):
        assert page_width(console) <= width, view


def test_every_control_is_reached_by_tab_and_shows_it(console):
    """From the first to the last, each with a name and a visible focus."""
    for view in views(console):
        console.run("document.querySelector('.skip').focus()")
        console.press(Keys.TAB)
        console.chord(Keys.SHIFT, Keys.TAB)  # by keys, so that the focus is to be seen
        seen = set()
        for _ in range(100):
            here = console.run(FOCUSED)
            if here is None or here["id"] in seen:
                break
            seen.add(here["id"])
            assert here["outline"] != "none", f"{view}: {here}"
            name = console.driver.switch_to.active_element.accessible_name
            assert name.strip(), f"{view}: {here}"
            console.press(Keys.TAB)
        reachable = console.run(REACHABLE)
        assert reachable <= len(seen), f"{view}: {len(seen)} of {reachable}"


FOCUSED = """
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    element.dataset.seen ||= String(Math.random());
    const shown = element.closest(".switch") ? element.nextElementSibling : element;
    const label = element.type === "file" ? element.previousElementSibling : null;
    return {
      id: element.dataset.seen,
      tag: element.outerHTML.slice(0, 80),
      outline: getComputedStyle(label ?? shown).outlineStyle,
    };
"""
REACHABLE = """
    const all = "input, select, textarea, button, summary, [tabindex='0'], a[href]";
    const radios = document.querySelectorAll("[type=radio]").length; // one of them is reached
    return [...document.querySelectorAll(all)].filter((element) =>
      element.tabIndex >= 0 && element.checkVisibility()).length - radios + 1;
"""


def test_tabs_by_arrow_keys(console):
    console.tab_to("#tab-messaging")
    console.press(Keys.ARROW_RIGHT)
    assert console.find("#images").is_displayed() and not console.find("#messaging").is_displayed()
    console.press(Keys.END)
    assert console.find("#metrics").is_displayed()
    console.press(Keys.HOME)
    assert console.find("#messaging").is_displayed()
    chosen = console.all('#work > .tabs [aria-selected="true"]')
    assert [tab.text for tab in chosen] == ["Messaging"]


def test_settings_outlive_a_reload_but_the_token_does_not(console):
    client = console.find("#client").get_property("value")
    console.fill("#project", "p-17")
    console.fill("#token", "secret")
    console.load()
    assert console.find("#client").get_property("value") == client
    assert console.find("#project").get_property("value") == "p-17"
    assert console.find("#token").get_property("value") == ""
    console.click("#new-client")
    other = console.find("#client").get_property("value")
    assert other != client and len(other) == 36
    console.run("sessionStorage.clear()")


def test_motion_can_be_reduced(console):
    moves = "return getComputedStyle(document.querySelector('#connect')).transitionDuration"
    console.prefer("light", motion="no-preference")
    assert console.run(moves) != "0s"
    console.prefer("light", motion="reduce")
    assert console.run(moves) == "0s"


@pytest.mark.parametrize("width", [360, 1400])
def test_what_comes_later_moves_nothing(connected, queue, width):
    """Nobody clicks beside a tab because the queue's counts came just then."""
    connected.resize(width, 1000)
    moved = connected.run("""
        const [title, counts] = ["queue-title", "queue-counts"].map((id) => document.getElementById(id));
        const top = () => document.getElementById("tab-messages").getBoundingClientRect().top;
        title.textContent = "n".repeat(64);
        counts.textContent = "";
        const before = top();
        counts.textContent = "10000 messages: 9900 free, 100 claimed";
        return top() - before;
    """)
    assert moved == 0
    assert page_width(connected) <= width
