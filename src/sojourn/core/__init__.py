"""The words and the arithmetic: pure functions of (history, definition, calendar, as_of).

Nothing here reads a clock, a file, a socket or the environment. Instants and durations are integer milliseconds,
instants since 1970-01-01T00:00Z; every interval is half-open, `[entered, left)`.
"""
