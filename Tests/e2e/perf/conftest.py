# SPDX-License-Identifier: Apache-2.0
"""What the tests of several scenarios need."""

import pytest
from command import echo, python_server


@pytest.fixture(params=["ours", "foreign"])
def url(request):
    """A server that sends every message back: ours, and one that nobody here wrote."""
    if request.param == "ours":
        yield f"ws://127.0.0.1:{request.getfixturevalue('server').port}/echo"
    else:
        with python_server(echo) as foreign:
            yield foreign
