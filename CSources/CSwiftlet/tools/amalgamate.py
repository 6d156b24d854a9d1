#!/usr/bin/env python3
"""Writes the whole library as one C file that compiles alone: amalgamate.py FOLDER SOURCE...

FOLDER gets swiftlet.c and a copy of swiftlet.h. Each file stands in it as it is, its own headers in
the place where it includes them, but for two things that separate compilation gives for free:

 - macros of a file are undefined behind it
 - a file-scope name that several files have gets the file's name in front

The latter are the kernels, which each CPU level has by the same names. What this cannot see, two
names that collide only after preprocessing, the compiler reports.
"""

# SPDX-License-Identifier: Apache-2.0

import os
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = ROOT / "include" / "swiftlet.h"

HEAD = """\
/*
 * libswiftlet {version} in one file, made from its sources by tools/amalgamate.py.
 *
 *   cc -O2 -c swiftlet.c
 *
 * Define SWL_WITH_OPENSSL, SWL_WITH_DEFLATE or SWL_WITH_BLAS as 1 to build on libcrypto, zlib or
 * OpenBLAS, which must then be linked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
"""

INCLUDE = re.compile(r'#include "(.+)"')
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
# A function or an object: its name is in front of the first bracket, "=" or ";".
DECLARATION = (
    r"^(?!typedef\b|struct\b|enum\b|extern\b|return\b)[A-Za-z_][\w\s*()]*?[\s*]"
    r"(REAL_NAME\(\w+\)|\w+)\s*[(\[=;]"
)
# A word that is not a member of something. REAL_NAME(load) is load_f32 or load_f64.
WORD = re.compile(r"(?<![\w.])(?<!->)(REAL_NAME\((\w+)\)|[A-Za-z_]\w*)")


def is_guarded(text: str) -> bool:
    """Whether a header is for including once, as opposed to a template."""
    return re.search(r"^#ifndef (\w+)\n#define \1$", text, re.MULTILINE) is not None


class Expansion:
    """One source with its headers in it, and the macros it leaves behind."""

    def __init__(self, source: Path, included: set[Path]):
        self.included = included  # guarded headers that every later file sees
        self.depth = 0  # of the #if around the current line
        self.macros: dict[str, None] = {}
        self.text = self.expand(source)

    def expand(self, path: Path) -> str:
        text = path.read_text()
        guarded = path.suffix == ".h" and is_guarded(text)
        if guarded:
            if path in self.included:
                return ""
            # In a branch that another machine does not take it must come again where it is
            # needed next; its guard sees to the rest.
            if self.depth == 0:
                self.included.add(path)
            self.depth -= 1
        lines = []
        for line in text.splitlines():
            if include := INCLUDE.match(line):
                lines.append(self.expand(self.find(path, include[1])))
                continue
            if re.match(r"#\s*if", line):
                self.depth += 1
            elif re.match(r"#\s*endif", line):
                self.depth -= 1
            elif not guarded:
                self.note_macro(line)
            lines.append(line)
        if guarded:
            self.depth += 1
        return "\n".join(lines)

    def note_macro(self, line: str) -> None:
        if match := re.match(r"#\s*define (\w+)", line):
            self.macros[match[1]] = None
        elif match := re.match(r"#\s*undef (\w+)", line):
            self.macros.pop(match[1], None)

    @staticmethod
    def find(includer: Path, name: str) -> Path:
        for folder in (includer.parent, PUBLIC.parent):
            path = Path(os.path.normpath(folder / name))
            if path.exists():
                return path
        raise FileNotFoundError(f'{includer}: #include "{name}"')


def file_scope_names(text: str) -> set[str]:
    """Names of the functions, objects, types and constants that a file defines for itself."""
    text = COMMENT_OR_STRING.sub("", text)
    names = set()
    for typedef in re.findall(r"^(?:__extension__ )?typedef ([^{;]+);", text, re.M):
        names.update(re.findall(r"(\w+)(?:,|$)", typedef))
    for tag, name in re.findall(r"^(?:typedef )?struct (\w+) \{|^\} (\w+);", text, re.M):
        names.add(tag or name)
    for constants in re.findall(r"^enum (?:\w+ )?\{(.*?)\}", text, re.M | re.DOTALL):
        names.update(re.findall(r"(?:^|,)\s*(\w+)", constants))
    for name in re.findall(DECLARATION, text, re.M):
        if name.startswith("REAL_NAME") or not name.isupper():  # else it is a macro's
            names.update(spellings(name))
    return {name for name in names if name and not name.startswith("swl_")}


def spellings(word: str) -> list[str]:
    if pasted := re.fullmatch(r"REAL_NAME\((\w+)\)", word):
        return [f"{pasted[1]}_f32", f"{pasted[1]}_f64"]
    return [word]


def rename(text: str, names: set[str], prefix: str) -> str:
    """Puts the prefix before the names, except in comments and strings."""

    def replace(match: re.Match) -> str:
        word, pasted = match[1], match[2]
        if not names.intersection(spellings(word)):
            return word
        return f"REAL_NAME({prefix}{pasted})" if pasted else prefix + word

    parts, at = [], 0
    for skipped in COMMENT_OR_STRING.finditer(text):
        parts += [WORD.sub(replace, text[at : skipped.start()]), skipped[0]]
        at = skipped.end()
    return "".join(parts) + WORD.sub(replace, text[at:])


def amalgamate(sources: list[Path]) -> str:
    included: set[Path] = set()
    files = [(source, Expansion(source, included)) for source in sources]
    names = {source: file_scope_names(file.text) for source, file in files}
    count = Counter(name for each in names.values() for name in each)

    version = re.search(r'SWL_VERSION_STRING "(.+)"', PUBLIC.read_text())[1]
    out = [HEAD.format(version=version)]
    for source, file in files:
        name = source.relative_to(ROOT)
        prefix = re.sub(r"\W|kernels_", "_", str(name.with_suffix(""))) + "_"
        shared = {name for name in names[source] if count[name] > 1}
        out.append(f"\n/* {'=' * 8} {name} */\n")
        out.append(rename(file.text, shared, re.sub("_+", "_", prefix)))
        out += [f"#undef {macro}" for macro in file.macros]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "swiftlet.c").write_text(amalgamate([Path(name).resolve() for name in sys.argv[2:]]))
    shutil.copyfile(PUBLIC, folder / "swiftlet.h")
