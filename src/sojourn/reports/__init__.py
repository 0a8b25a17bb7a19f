"""Reports: one module each, from a request to a table; formats; charts."""
