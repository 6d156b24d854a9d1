# SPDX-License-Identifier: Apache-2.0
"""Building the core and programs on it, by the commands its documentation names."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "CSources" / "CSwiftlet"
EXAMPLES = CORE / "examples"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
CPLUSPLUS = {"cc": "c++", "gcc": "g++", "clang": "clang++"}


def run(*command, env: dict[str, str] | None = None, status: int = 0, **options) -> str:
    """Runs a command to its end and returns what it printed, which is shown when it fails."""
    options = {"timeout": 300, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options
    done = subprocess.run([str(part) for part in command], env=os.environ | (env or {}), **options)
    output = (done.stdout or b"").decode(errors="replace")
    assert done.returncode == status, f"{' '.join(map(str, command))}: {done.returncode}\n{output}"
    return output


@dataclass
class Installation:
    prefix: Path

    @property
    def env(self) -> dict[str, str]:
        library = self.prefix / "lib"
        return {"PKG_CONFIG_PATH": f"{library}/pkgconfig", "LD_LIBRARY_PATH": str(library)}

    def flags(self, *options: str) -> list[str]:
        return run("pkg-config", *options, "swiftlet", env=self.env).split()

    def compile(self, source: Path, target: Path, *compiler: str, static: bool = False) -> Path:
        flags = self.flags("--cflags", "--libs", *(["--static"] if static else []))
        rpath = f"-Wl,-rpath,{self.prefix}/lib"
        run(*compiler, *WARNINGS, "-O1", source, "-o", target, *flags, rpath)
        return target


def build(folder: Path, *options: str, flags="-Werror", env: dict[str, str] | None = None) -> Path:
    run("cmake", "-S", CORE, "-B", folder, f"-DCMAKE_C_FLAGS={flags}", *options, env=env)
    run("cmake", "--build", folder, "-j2")
    return folder
