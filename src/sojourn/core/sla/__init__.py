"""What starts, pauses and stops an SLA's clock, and what the clock then shows (docs/semantics.md 22–29)."""
