"""A folder for a test that an unprivileged PostgreSQL can reach even when root runs the tests."""

import contextlib
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path


@contextlib.contextmanager
def folder_for_a_test() -> Generator[Path]:
    """A new empty folder directly below the temporary one, removed at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="promptops-test-"))
    # Others may pass through and see nothing; pytest's own tmp_path lets nobody through.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
