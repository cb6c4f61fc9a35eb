"""Which model dbt makes next: the one with the longest work still to come after it.

dbt itself takes models by their depth, so that all small ones come before the first large one, and one connection
waits while the other makes the last of these.
"""

from __future__ import annotations

# Seconds of the models that take longest, for 100,000 garage-parts. What counts is how they compare.
SECONDS = {
    "int_stock_balances": 4.2,
    "int_demand_monthly": 3.7,
    "int_demand_daily": 2.5,
    "int_stock_days": 2.4,
    "int_offers_ranked": 1.6,
    "int_demand_windows": 1.5,
    "int_transfer_ways": 1.5,
    "int_lines_explained": 1.4,
    "int_transfers_planned": 1.2,
    "int_replenishment_inputs": 1.0,
    "int_demand_series": 0.9,
    "int_seasonal_indices": 0.9,
    "int_demand_quantiles": 0.9,
    "int_stock_positions": 0.8,
    "int_value_classes": 0.8,
    "fct_replenishment_proposals": 0.7,
    "int_demand_outliers": 0.6,
    "int_stock_cells": 0.6,
    "int_offers_listed": 0.5,
    "int_needs_explained": 0.4,
}
# A view, a test, a model of few rows.
OTHER_SECONDS = 0.03


def take_longest_way_first() -> None:
    """From here on dbt, in this process, orders what it makes by :func:`scores`.

    dbt hands out whatever could be made, first come, first served. Here a node is handed out when a thread is about to
    be free for it, so that the order counts.
    """
    from dbt.graph.queue import GraphQueue
    from dbt.task.runnable import GraphRunnableTask

    get, run_queue = GraphQueue.get, GraphRunnableTask.run_queue

    def get_when_free(queue, *arguments, **named):
        with queue.lock:
            while len(queue.in_progress) > queue.thread_count:
                queue.some_task_done.wait()
        return get(queue, *arguments, **named)

    def run_queue_counted(task, pool):
        task.job_queue.thread_count = task.config.threads
        run_queue(task, pool)

    GraphQueue._get_scores = scores
    GraphQueue.get = get_when_free
    GraphRunnableTask.run_queue = run_queue_counted


def scores(queue, graph) -> dict[str, float]:
    """Per node of the graph of dbt a number, the lowest taken first: seconds from its start to the end, negative."""
    import networkx

    left: dict[str, float] = {}
    for node in reversed(list(networkx.topological_sort(graph))):
        after = max((left[following] for following in graph.successors(node)), default=0)
        left[node] = SECONDS.get(queue.manifest.expect(node).name, OTHER_SECONDS) + after
    return {node: -seconds for node, seconds in left.items()}
