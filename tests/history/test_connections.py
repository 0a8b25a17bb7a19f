"""How connections are set up."""

from unittest.mock import MagicMock

import pytest
from django.db import connection
from django.db.backends.signals import connection_created


@pytest.mark.parametrize(("vendor", "said"), [("postgresql", ["SET jit = off"]), ("sqlite", [])])
def test_postgresql_is_told_to_compile_no_query(vendor: str, said: list[str]) -> None:
    made = MagicMock(vendor=vendor)
    connection_created.send(type(connection), connection=made)
    execute = made.cursor.return_value.__enter__.return_value.execute
    assert [call.args[0] for call in execute.call_args_list] == said
