# SPDX-License-Identifier: Apache-2.0
"""What is installed, and that programs find it by pkg-config and by CMake."""

import re

import pytest
from building import CORE, WARNINGS, run

HEADER_TEXT = (CORE / "include" / "swiftlet.h").read_text()
VERSION = re.search(r'SWL_VERSION_STRING "(.+)"', HEADER_TEXT)[1]
SONAME = "libswiftlet.so." + ".".join(VERSION.split(".")[:2])


def test_soname_and_links(installed):
    library = installed.prefix / "lib"
    assert f"[{SONAME}]" in run("readelf", "-d", library / "libswiftlet.so")
    assert (library / "libswiftlet.so").resolve().name == f"libswiftlet.so.{VERSION}"
    assert (library / SONAME).resolve().name == f"libswiftlet.so.{VERSION}"


def test_pkg_config_says_the_version(installed):
    assert installed.flags("--modversion") == [VERSION]


def test_tree_may_be_moved(installed, tmp_path):
    """What is installed names no place: neither where it was built nor where it was put."""
    moved = installed.prefix.rename(tmp_path / "moved")
    try:
        env = installed.env | {"PKG_CONFIG_PATH": f"{moved}/lib/pkgconfig"}
        flags = run("pkg-config", "--cflags", "--libs", "swiftlet", env=env)
        assert str(moved) in flags
        assert str(installed.prefix) not in flags
    finally:
        moved.rename(installed.prefix)


@pytest.mark.parametrize("language", [("c", "c11"), ("c++", "c++17"), ("c++", "c++20")])
def test_header_alone(installed, compiler, language):
    """Included twice, first of all, by a strict compiler."""
    name, standard = language
    include = [f"-I{installed.prefix}/include", "-include", "swiftlet.h", "-include", "swiftlet.h"]
    run(compiler, "-x", name, f"-std={standard}", *WARNINGS, *include, "-fsyntax-only", "/dev/null")


CONSUMER = """
cmake_minimum_required(VERSION 3.18)
project(consumer LANGUAGES C)
find_package(swiftlet {version} REQUIRED)
foreach(kind static shared)
  add_executable(with_${{kind}} {source})
  target_link_libraries(with_${{kind}} PRIVATE swiftlet::${{kind}})
endforeach()
"""


def test_cmake_package(installed, tmp_path):
    source = CORE / "examples" / "pgm_statistics.c"
    (tmp_path / "CMakeLists.txt").write_text(CONSUMER.format(version=VERSION, source=source))
    run("cmake", "-S", tmp_path, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={installed.prefix}")
    run("cmake", "--build", tmp_path)
    (tmp_path / "picture.pgm").write_bytes(b"P5 3 1 255\n\x01\x03\x08")
    for kind in ("static", "shared"):
        program = tmp_path / f"with_{kind}"
        assert run(program, tmp_path / "picture.pgm") == "min 1 max 8 mean 4 median 3\n"
        assert (SONAME in run("readelf", "-d", program)) == (kind == "shared")


def test_cmake_package_of_another_minor_version_is_not_taken(installed, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(CONSUMER.format(version="0.0.1", source="x.c"))
    prefix = f"-DCMAKE_PREFIX_PATH={installed.prefix}"
    output = run("cmake", "-S", tmp_path, "-B", tmp_path, prefix, status=1)
    assert "Could not find a configuration file" in output
