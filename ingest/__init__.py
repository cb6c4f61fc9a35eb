"""Plain Python: bytes in, typed rows and SQL out.

Here belong the contracts, the readers, landing, and the statements of each
store. What judges rows belongs in ``expectations``, what runs them on a
schedule in ``assets`` and ``orchestration``. Nothing here imports dagster or
great_expectations.
"""
