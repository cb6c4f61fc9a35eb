"""Named jobs: a handful, each a verb and its object."""

import dagster as dg

refresh_stock = dg.define_asset_job(
    "refresh_stock",
    selection=dg.AssetSelection.all(),
    description="Take every waiting file, judge and store it, rebuild the models, publish, serve and report.",
    tags={"domain": "inventory"},
)
