# SPDX-License-Identifier: Apache-2.0
"""That every way to build the core builds it whole, and with the tests passing."""

import platform
import shutil

import pytest
from building import CORE, CPLUSPLUS, Installation, build, run

# Of a machine that has other work too.
pytestmark = pytest.mark.timeout(900)

QUICK = ["-DCMAKE_BUILD_TYPE=None"]  # to build, with the flags given


def ctest(folder) -> str:
    return run("ctest", "--test-dir", folder, "--output-on-failure")


def test_default_build_passes_its_tests(cmake_build):
    output = ctest(cmake_build)
    assert all(f"{name} ..." in output for name in ("core", "symbols", "cplusplus"))


@pytest.mark.parametrize(
    ("compiler", "options"),
    [
        ("gcc", ["-DSWIFTLET_OPENSSL=OFF"]),
        ("clang", ["-DSWIFTLET_DEFLATE=OFF", "-DSWIFTLET_SANITIZE=ON"]),
    ],
)
def test_builds_without_a_library(tmp_path, compiler, options):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    env = {"CC": compiler, "CXX": CPLUSPLUS[compiler]}
    ctest(build(tmp_path, *QUICK, *options, flags="-Werror -O1", env=env))


def test_static_program_without_blas(tmp_path):
    """`-static` takes every library as an archive, which OpenBLAS's often lacks a part of."""
    options = ["-DSWIFTLET_BLAS=OFF", "-DCMAKE_INSTALL_LIBDIR=lib"]
    folder = build(tmp_path / "build", *QUICK, *options, flags="-Werror -O1")
    ctest(folder)
    run("cmake", "--install", folder, "--prefix", tmp_path)
    source = CORE / "examples" / "pgm_statistics.c"
    installed = Installation(tmp_path)
    program = installed.compile(source, tmp_path / "static", "cc", "-static", static=True)
    assert "not a dynamic executable" in run("ldd", program, status=1)
    picture = tmp_path / "picture.pgm"
    picture.write_bytes(b"P5 2 1 255\n\x01\x03")
    assert run(program, picture) == "min 1 max 3 mean 2 median 2\n"


def test_abi_is_the_committed_one():
    if platform.machine() != "x86_64":
        pytest.skip("the committed interface is x86-64's")
    run("make", "-C", CORE, "-s", "-j2", "check-abi")


@pytest.fixture(scope="module")
def amalgamation():
    run("make", "-C", CORE, "-s", "amalgamation")
    return CORE / ".build" / "amalgamation"


def test_amalgamation_compiles_alone(amalgamation, compiler, tmp_path):
    shutil.copy(amalgamation / "swiftlet.c", tmp_path)
    run(compiler, "-O0", "-c", "swiftlet.c", cwd=tmp_path)


def test_amalgamation_passes_the_cores_tests_without_a_warning():
    assert ", 0 failed" in run("make", "-C", CORE, "-s", "check-amalgamation")


def test_amalgamation_is_the_same_every_time(amalgamation, tmp_path):
    env = {"PYTHONHASHSEED": "7"}
    run("make", "-C", CORE, "-s", "amalgamation", f"BUILD={tmp_path}", env=env)
    again, first = tmp_path / "amalgamation", (amalgamation / "swiftlet.c").read_bytes()
    assert (again / "swiftlet.c").read_bytes() == first
    assert (again / "swiftlet.h").read_bytes() == (CORE / "include" / "swiftlet.h").read_bytes()
    assert b'#include "' not in first
