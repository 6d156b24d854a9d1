# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium with a page of ours in it, driven as a user would."""

import json
import shutil
import time
from collections.abc import Callable

from selenium import webdriver
from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select
from serverprocess import eventually

PAUSE = 0.01  # seconds between two looks, which leave Chromium the processor


def start_chromium(*, believes_anyone: bool = False) -> webdriver.Chrome:
    """The system's Chromium and driver: nothing is downloaded."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert binary and driver, "the console's tests need the packages chromium and chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "--headless=new",
        "--no-sandbox",  # whoever runs the tests may be root, and the page is our own
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    options.accept_insecure_certs = believes_anyone
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


class Window:
    """A page of ours and what Chromium says of it."""

    def __init__(self, driver: webdriver.Chrome, url: str):
        self.driver = driver
        self.url = url
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.resize(1400, 1000)
        self.prefer(scheme="light")
        self.drain_logs()

    def load(self) -> None:
        self.driver.get(self.url)

    def run(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    # The surroundings

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str, motion: str = "reduce") -> None:
        """Without motion no colour is seen on its way to another."""
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def complaints(self) -> list[str]:
        """What Chromium wrote to its console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The URLs asked for since the last call, WebSockets included."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
            elif message["method"] == "Network.webSocketCreated":
                urls.append(message["params"]["url"])
        return urls

    def drain_logs(self) -> None:
        self.complaints()
        self.requests()


class Console(Window):
    """The console page, loaded anew."""

    def __init__(self, driver: webdriver.Chrome, url: str):
        super().__init__(driver, url)
        self.load()

    def load(self) -> None:
        super().load()
        self.until(lambda: self.text("#status") == "Connect to begin.")

    # Seeing

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.textContent", selector)

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return self.run(script, selector)

    def run_with(self, modules: str, script: str, *arguments):
        """Runs a script in which `modules` are the exports of the page's modules of these names."""
        body = f"""
            const parameters = arguments;
            const main = document.querySelector('script[src$="main.js"]').src;
            return Promise.all(
                {json.dumps(modules.split())}.map((name) => import(main.replace("main", name)))
            ).then((modules) => (function () {{ {script} }}).apply(null, parameters));
        """
        return self.run(body, *arguments)

    def until(self, condition: Callable[[], bool]) -> None:
        def held() -> bool:
            if condition():
                return True
            time.sleep(PAUSE)
            return False

        assert eventually(held), f"status: {self.text('#status')!r}"

    def until_status(self, part: str) -> None:
        self.until(lambda: part in self.text("#status"))

    # Doing

    def click(self, selector: str) -> None:
        """Clicks on what can be clicked or soon can, also when the page draws it anew just then."""

        def clicked() -> bool:
            try:
                self.find(selector).click()
            except (
                ElementNotInteractableException,
                NoSuchElementException,
                StaleElementReferenceException,
            ):
                return False
            return True

        self.until(clicked)

    def fill(self, selector: str, text: str) -> None:
        """Replaces a control's text, key by key."""
        control = self.find(selector)
        control.clear()
        control.send_keys(text)

    def choose(self, selector: str, label: str) -> None:
        Select(self.find(selector)).select_by_visible_text(label)

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, modifier: str, key: str) -> None:
        ActionChains(self.driver).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def tab_to(self, selector: str) -> None:
        """Goes to a control by the Tab key alone."""
        for _ in range(100):
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
            self.press(Keys.TAB)
        raise AssertionError(f"no number of tabs leads to {selector}")
