"""Keeping a site in step with its Jira: one job per connection, `task.sync`, again and again.

What a run does, in order: learn what projects, statuses, priorities, fields and people are called (`names`); read what
was updated since the watermark, and what webhooks named (`recent`); read further back, window by window, the newest
first, where the past is not read yet (`past`); once a day compare all ids, to find what was deleted, hidden or missed
(`compare`). The recent is read again in between, so that a long way back holds up nothing.

Whatever was read is kept by `hand.Hand.keep`, in one transaction with the place where the reading goes on. So a
run that is killed anywhere is gone on with, and ends in the same store.
"""
