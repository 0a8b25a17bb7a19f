"""Rows by their numbers or texts, however many."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from django.db.models import BooleanField, F
from django.db.models.expressions import Expression
from numpy.typing import NDArray


class OneOf(Expression):
    """Whether a column is one of these: one parameter, where a list in SQL would be one for each.

    The column is the number of a work item in the store unless another is named.
    """

    def __init__(self, members: NDArray[np.int64] | Sequence[str], column: str = "pk") -> None:
        super().__init__(output_field=BooleanField())
        self.members = members
        self.column: Any = F(column)

    conditional = True

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        (self.column,) = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = compiler.compile(self.column)
        text = orjson.dumps(self.members, option=orjson.OPT_SERIALIZE_NUMPY).decode()
        return f"{column} IN (SELECT value FROM json_each(%s))", (*parameters, text)  # noqa: S608 - the column is ours

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = compiler.compile(self.column)
        members = self.members.tolist() if isinstance(self.members, np.ndarray) else list(self.members)
        return f"{column} = ANY(%s)", (*parameters, members)
