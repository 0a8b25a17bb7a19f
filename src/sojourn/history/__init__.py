"""The store: work items, their timelines as packed arrays, and the dictionary that names the values.

Only this room knows how arrays are packed. A work item is written whole; many are read as columns.
"""
