# SPDX-License-Identifier: Apache-2.0
"""--store sqlite:PATH: what is opened, and what is refused in one sentence and with which status."""

import os
import sqlite3

import pytest
from serverprocess import run_to_exit

DATA_ERROR, CANNOT_CREATE, TRY_AGAIN = 65, 73, 75


def refusal(path, status: int) -> str:
    """What the server says of a store that it must not open."""
    result = run_to_exit("--port", "0", "--store", f"sqlite:{path}")
    assert result.returncode == status, result.stderr
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, f"not one sentence: {result.stderr!r}"
    assert str(path) in result.stderr
    return result.stderr


def change(path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()


@pytest.fixture
def store(start_server, tmp_path):
    """A store that a server made and left."""
    path = tmp_path / "store"
    start_server("--store", f"sqlite:{path}").stop()
    return path


def test_store_is_one_file_of_its_owner(store):
    assert store.stat().st_mode & 0o777 == 0o600
    assert os.listdir(store.parent) == ["store"]


def test_store_is_opened_again(start_server, store):
    start_server("--store", f"sqlite:{store}").stop()


def test_relative_path(start_server, tmp_path, monkeypatch):
    # To SQLite such a name would be a URI.
    monkeypatch.chdir(tmp_path)
    start_server("--store", "sqlite:file:store?mode=memory").stop()
    assert os.listdir(tmp_path) == ["file:store?mode=memory"]


@pytest.mark.parametrize("path", ["/none/store", "/sys/store", "/proc/version/store"])
def test_path_where_no_file_can_be_made(path):
    refusal(path, CANNOT_CREATE)


def test_folder(tmp_path):
    refusal(tmp_path, CANNOT_CREATE)


def test_file_that_is_not_sqlites(tmp_path):
    path = tmp_path / "notes"
    path.write_text("buy milk\n" * 1000)
    assert "not" in refusal(path, DATA_ERROR)
    assert path.read_text() == "buy milk\n" * 1000


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE diary (day)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"]
)
def test_another_programs_file(tmp_path, statement):
    path = tmp_path / "diary"
    change(path, statement)
    before = path.read_bytes()
    assert "another program" in refusal(path, DATA_ERROR)
    assert path.read_bytes() == before


def test_store_of_a_newer_version(store):
    change(store, "PRAGMA user_version = 1000")
    assert "version 1000" in refusal(store, DATA_ERROR)


def test_store_without_its_key(store):
    change(store, "DELETE FROM store")
    assert "damaged" in refusal(store, DATA_ERROR)


def test_damaged_store(store):
    with open(store, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 200)
    assert "damaged" in refusal(store, DATA_ERROR)


def test_store_in_use(start_server, store):
    start_server("--store", f"sqlite:{store}")
    assert "in use" in refusal(store, TRY_AGAIN)


def test_no_path_at_all():
    result = run_to_exit("--port", "0", "--store", "sqlite:")
    assert result.returncode == 64
    assert "sqlite:PATH" in result.stderr
