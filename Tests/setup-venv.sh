#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes .build/venv from Tests/requirements.txt where it is missing or older than the list, and
# prints the path of its Python on standard output.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
requirements=$root/Tests/requirements.txt
venv=$root/.build/venv
installed=$venv/requirements.txt # the list this environment was made from, written last

if ! cmp -s "$requirements" "$installed"; then
  rm -rf "$venv"
  mkdir -p "$root/.build"
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
  cp "$requirements" "$installed"
fi
echo "$venv/bin/python"
