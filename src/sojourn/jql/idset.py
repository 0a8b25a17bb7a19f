"""Work items by their numbers in the store, however many."""

from typing import Any

import numpy as np
import orjson
from django.db.models import BooleanField, F
from django.db.models.expressions import Expression
from numpy.typing import NDArray


class OneOf(Expression):
    """Whether the number of a work item is one of these: one parameter, where a list in SQL would be one for each."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        super().__init__(output_field=BooleanField())
        self.numbers = numbers
        self.column: Any = F("pk")

    conditional = True

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        (self.column,) = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = compiler.compile(self.column)
        text = orjson.dumps(self.numbers, option=orjson.OPT_SERIALIZE_NUMPY).decode()
        return f"{column} IN (SELECT value FROM json_each(%s))", (*parameters, text)  # noqa: S608 - the column is ours

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = compiler.compile(self.column)
        return f"{column} = ANY(%s)", (*parameters, self.numbers.tolist())
