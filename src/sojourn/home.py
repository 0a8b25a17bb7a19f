"""The home of an installation: a folder that is made when needed, and the keys in it.

The file `secret_key` has a key in each line: the first one is in force, older ones still open what they sealed.
"""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sojourn.errors import Refused, UserError

KEY_FILE = "secret_key"


def make_folder(path: Path, setting: str) -> None:
    """Make a folder; raises Refused, naming the setting that asks for it, where it cannot be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(setting, f"the folder {path} cannot be made: {error.strerror}") from error


def keys(folder: Path) -> list[str]:
    """The keys in the folder, the one in force first; made on the first start so that nobody has to invent one.

    Raises Refused where they cannot be read or made.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            make_folder(folder, "SOJOURN_HOME")
            with suppress(FileExistsError):  # of several processes that start at once, one makes it and all use it
                _write(path, [_new()], os.link)
        found = path.read_text().split()
    except OSError as error:
        raise Refused("SOJOURN_HOME", f"{path} cannot be read or made: {error.strerror}") from error
    if not found:
        raise Refused("SECRET_KEY", f"{path} is empty; delete it, and a new key is made")
    return found


def rotate(folder: Path) -> None:
    """Put a new key in force, and keep the ones before; raises UserError where the file cannot be written."""
    _replace(folder, [_new(), *keys(folder)])


def forget(folder: Path) -> int:
    """Keep only the key in force; the answer is how many are gone. Raises UserError as `rotate` does."""
    in_force, *older = keys(folder)
    if older:
        _replace(folder, [in_force])
    return len(older)


def _new() -> str:
    return secrets.token_urlsafe(64)


def _replace(folder: Path, lines: list[str]) -> None:
    try:
        _write(folder / KEY_FILE, lines, os.replace)
    except OSError as error:
        raise UserError(f"{folder / KEY_FILE} cannot be written: {error.strerror}") from error


def _write(path: Path, lines: list[str], into_place: Callable[[str, Path], None]) -> None:
    """Write the file whole, and then bring it into place."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines))
        into_place(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
