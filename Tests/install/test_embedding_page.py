# SPDX-License-Identifier: Apache-2.0
"""That docs/embedding.md says what is so."""

import re
import socket

from building import CORE, ROOT, run

PAGE = (ROOT / "docs" / "embedding.md").read_text()


def block_behind(words: str, language: str = "") -> str:
    return re.search(rf"{words}.*?```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def test_start_works_line_by_line_in_an_empty_folder(tmp_path):
    lines = block_behind("## Start", "sh")
    fetch = "git clone --depth 1 REPOSITORY swiftlet"
    assert fetch in lines
    lines = lines.replace(fetch, f"ln -s {ROOT} swiftlet").replace("9001", free_port())
    script = f"set -eu\ntrap 'kill $(jobs -p)' EXIT\n{lines}"
    output = run("bash", "-c", script, cwd=tmp_path)
    assert output.endswith(block_behind("the client\n"))


def test_one_file_works_as_said(tmp_path):
    (tmp_path / "swiftlet").symlink_to(ROOT)
    run("bash", "-ec", block_behind("## One file", "sh"), cwd=tmp_path)


def test_every_function_has_its_row():
    header = (CORE / "include" / "swiftlet.h").read_text()
    declared = re.findall(r"^SWL_(?:API|INLINE) [^;{]*?\b(swl_\w+)\(", header, re.MULTILINE)
    rows = re.findall(r"^\| `(swl_\w+)` \| .+ \| .+ \| .+ \|$", PAGE, re.MULTILINE)
    assert len(declared) > 60
    assert sorted(rows) == sorted(declared)


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
