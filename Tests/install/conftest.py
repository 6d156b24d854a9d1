# SPDX-License-Identifier: Apache-2.0
"""The C core as who embeds it meets it: built by CMake, installed, found by pkg-config."""

import shutil
from pathlib import Path

import pytest

pytest.register_assert_rewrite("building")  # before its import, so that its asserts show values

from building import CPLUSPLUS, EXAMPLES, ROOT, Installation, build, run  # noqa: E402


@pytest.fixture(scope="session")
def cmake_build() -> Path:
    """The default build; it stays, so that a second run of the tests has little to do."""
    return build(ROOT / ".build" / "install-tests", "-DCMAKE_INSTALL_LIBDIR=lib")


@pytest.fixture(scope="session")
def installed(cmake_build, tmp_path_factory) -> Installation:
    prefix = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", cmake_build, "--prefix", prefix)
    return Installation(prefix)


COMPILERS = [
    pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"no {name}"))
    for name in ("cc", "clang")
]


@pytest.fixture(scope="session", params=COMPILERS)
def compiler(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def example(installed, compiler, tmp_path_factory):
    """Builds examples as their first comments say, once a compiler."""
    folder = tmp_path_factory.mktemp(compiler)

    def build_one(name: str) -> Path:
        program, source = folder / name, EXAMPLES / f"{name}.c"
        if program.exists():
            return program
        if source.exists():
            return installed.compile(source, program, compiler, "-std=c11")
        source = source.with_suffix(".cpp")
        return installed.compile(source, program, CPLUSPLUS[compiler], "-std=c++17")

    return build_one
