"""Load a CSV file into a table with dlt: Arrow in, no validation, everything replaced.

Run by the Python of an environment of its own, which has dlt and nothing of ours:
``python dlt_load.py FILE FOLDER DATASET``, the URL of the database on standard input.
Prints how many seconds and rows it took; imports come before the clock starts.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
import pyarrow.csv as arrow_csv


def main(file: str, folder: str, dataset: str, url: str) -> None:
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(credentials=url),
        dataset_name=dataset,
    )
    started = time.perf_counter()
    # Part numbers are text to everybody.
    texts = {"part_number": "string", "supplier_part_number": "string"}
    table = arrow_csv.read_csv(file, convert_options=arrow_csv.ConvertOptions(column_types=texts))
    # The way that its makers advise for Arrow tables and PostgreSQL: as CSV, by COPY.
    pipeline.run(table, table_name="prices", write_disposition="replace", loader_file_format="csv")
    print(json.dumps({"seconds": time.perf_counter() - started, "rows": table.num_rows}))


if __name__ == "__main__":
    main(*sys.argv[1:], sys.stdin.read().strip())
