# SPDX-License-Identifier: Apache-2.0
"""A server that lets in by a token file and by signed URLs."""

import hashlib

import pytest
from serverprocess import ServerProcess

TOKENS = f"""\
good-token one
other-token other 2100-01-01T00:00:00Z
sha256:{hashlib.sha256(b"hashed-token").hexdigest()} one
old-token one 2020-01-01T00:00:00Z
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    for name, text in (("tokens", TOKENS), ("key", "s3cr3t\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def closed_server(files):
    process = ServerProcess(
        "--port", "0", "--tokens", str(files / "tokens"), "--signing-key", str(files / "key")
    )  # fmt: skip
    yield process
    process.stop()


@pytest.fixture
def server(closed_server, watch):
    watch(closed_server)
    return closed_server
