"""Whether a text matches, word by word and slowly: what the index is measured by."""

from sojourn.history.text_query import Clauses, Pattern, Phrase, Stem, Words
from sojourn.history.words import reserved, stem, tokens


def matches(words: Words, text: str, language: str = "english") -> bool:
    found = tokens(text)
    match words:
        case Stem(wanted):
            return any(stem(word, language) == wanted for word in found if word not in reserved(language))
        case Phrase(wanted):
            return any(tuple(found[at : at + len(wanted)]) == wanted for at in range(len(found)))
        case Pattern(pattern):
            return any(_is_like(word, pattern) for word in found)
        case Clauses(must, should, must_not):
            if any(matches(part, text, language) for part in must_not):
                return False
            if must:
                return all(matches(part, text, language) for part in must)
            return any(matches(part, text, language) for part in should)


def _is_like(word: str, pattern: str) -> bool:
    if not pattern:
        return not word
    if pattern[0] == "*":
        return any(_is_like(word[at:], pattern[1:]) for at in range(len(word) + 1))
    return bool(word) and pattern[0] in ("?", word[0]) and _is_like(word[1:], pattern[1:])
