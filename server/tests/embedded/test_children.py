from pathlib import Path

from promptops_server.embedded.children import open_log, read_last_line, rotate_log


def test_log_over_the_limit_is_moved_aside(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text("old\n" * 10)
    rotate_log(log, limit_bytes=39)
    assert log.read_text() == ""
    assert (tmp_path / "api.log.1").read_text() == "old\n" * 10
    assert (tmp_path / "api.log.1").stat().st_mode & 0o777 == 0o600


def test_log_within_the_limit_and_a_missing_one_stay(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    rotate_log(log)
    assert not log.exists()
    log.write_text("new\n")
    rotate_log(log, limit_bytes=4)
    assert log.read_text() == "new\n"


def test_running_child_goes_on_at_the_start_of_the_emptied_log(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with open(open_log(log), "w") as child:  # noqa: PTH123 - a descriptor, as a child has it
        child.write("before\n")
        child.flush()
        rotate_log(log, limit_bytes=1)
        child.write("after\n")
    assert log.read_text() == "after\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_last_line_that_says_anything_is_found(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    assert read_last_line(log) == ""
    log.write_bytes(b"x" * 10_000 + b"\nfirst\n  second \xff \n\n  \n")
    assert read_last_line(log) == "second \ufffd"
    log.write_text("y" * 10_000)
    assert read_last_line(log) == "y" * 300
