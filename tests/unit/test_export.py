"""Saving a model beside other processes."""

import threading

import pytest

from training import export


@pytest.mark.skipif(export.fcntl is None, reason="Windows can't lock a folder")
def test_two_who_save_at_once_leave_the_files_of_one(tmp_path, monkeypatch):
    def save(name: str) -> None:
        with export.only_writer(tmp_path):
            for file in ("a", "b"):
                replace(name, file)

    def replace(name: str, file: str) -> None:
        (tmp_path / file).write_text(name)
        if (name, file) == ("first", "a"):
            half_way.set()
            second_is_done.wait(0.5)  # which it must not be before the first is

    half_way, second_is_done = threading.Event(), threading.Event()
    first = threading.Thread(target=save, args=("first",))
    first.start()
    half_way.wait(60)
    save("second")
    second_is_done.set()
    first.join()
    assert {(tmp_path / file).read_text() for file in ("a", "b")} == {"second"}
