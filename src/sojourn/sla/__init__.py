"""Stored SLAs: definitions and their versions, the clocks of work items, previews and explanations."""
