"""Background jobs on django-tasks: what to run and when is its; progress, cancelling, resuming and leases are ours.

A job's function is a module-level function under `@task(takes_context=True)` of django-tasks; its first argument,
`context`, is a `jobs.run.Run`. `jobs.queue.ask` asks for it.
"""
