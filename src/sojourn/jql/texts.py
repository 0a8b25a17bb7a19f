"""Fields that are searched for words: `~` and `!~`."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from sojourn.errors import UserError
from sojourn.history import text
from sojourn.history.collation import by_bytes
from sojourn.jql.asking import Scope, Sortable
from sojourn.jql.ast import Condition, Empty, Operator, Value
from sojourn.jql.choices import EQUALITY
from sojourn.jql.plain import Text

_LONG = {"description", "environment", "comment"}


@dataclass(frozen=True)
class Words:
    """A field, or several, whose words are in the index. All but the summary need the setting that keeps texts."""

    name: str
    fields: tuple[str, ...]
    history: str | None = None
    operators: tuple[Operator, ...] = ("~", "!~", "is", "is not")
    starts_high = False

    def condition(self, scope: Scope, condition: Condition) -> Q:
        """What a condition on the field means. Who has no text meets no `!~`."""
        self._must_be_kept(scope, condition)
        operand = condition.operand
        if isinstance(operand, Empty):
            there = text.having(self.fields)
            return ~there if condition.operator in ("is", "~") else there
        if not isinstance(operand, Value):
            raise scope.wrong(operand, f"{operand} is not a text to look for")
        try:
            found = text.matching(self.fields, text.asked(operand.text))
        except UserError as error:
            raise scope.wrong(operand, str(error)) from None
        return text.having(self.fields) & ~found if condition.operator == "!~" else found

    def order(self, scope: Scope) -> Sequence[Sortable]:
        """The summary can be sorted by; of the others only the words are kept."""
        return [by_bytes("summary")] if self.fields == ("summary",) else []

    def _must_be_kept(self, scope: Scope, condition: Condition) -> None:
        """Without the texts the answer would be empty whatever is asked; of `text` the summaries are left."""
        if settings.SOJOURN_KEEP_TEXTS or not set(self.fields) <= _LONG:
            return
        hint = "set SOJOURN_KEEP_TEXTS and import again"
        raise scope.wrong(condition.field, f"the texts of the field {self.name} are not kept here", hint)


@dataclass(frozen=True)
class CustomText(Text):
    """A text among the `fields` that is also searched for words."""

    operators: tuple[Operator, ...] = ("~", "!~", *EQUALITY)

    def condition(self, scope: Scope, condition: Condition) -> Q:
        if condition.operator in ("~", "!~"):
            return Words(self.name, (self.source.path[0],)).condition(scope, condition)
        return super().condition(scope, condition)
