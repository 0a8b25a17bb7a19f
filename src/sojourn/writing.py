"""Files that are there whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sojourn.errors import UserError


@contextmanager
def beside(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of the path once it is written; raises UserError where it cannot be.

    What is not a plain file, such as a named pipe, is written to as it is.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
