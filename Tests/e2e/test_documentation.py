# SPDX-License-Identifier: Apache-2.0
"""docs/operating.md has every option and every metric there is, and no others."""

import re
import subprocess

import pytest
from rawsocket import RawSocket
from serverprocess import PATIENCE, ROOT, binary

PAGE = (ROOT / "docs" / "operating.md").read_text()
# Of the page's tables, what is in backquotes in the first cell of a row.
FIRST_CELLS = [
    name for row in re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE) for name in re.findall("`([^`]+)`", row)
]


def test_options():
    shown = subprocess.run(
        [binary(), "serve", "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True
    ).stdout
    options = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE)) - {"--version"}
    documented = {cell.split()[0] for cell in FIRST_CELLS if cell.startswith("--")}
    assert len(options) > 20
    assert options == documented


@pytest.mark.parametrize("flags", [(), ("--tcp-echo-port", "0")], ids=["plain", "tcp"])
def test_metrics(start_server, tmp_path, flags):
    tokens = tmp_path / "tokens"
    tokens.write_text("secret project\n")
    process = start_server("--tokens", str(tokens), "--access", "/metrics=open", *flags)
    with RawSocket(process.port) as http:
        text = http.get("/metrics").body.decode()
    names = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    documented = {cell.split("{")[0] for cell in FIRST_CELLS}
    assert len(names) > 30
    missing = {
        name for name in names if name not in documented and name.removeprefix("swiftlet_") not in documented
    }
    assert not missing
