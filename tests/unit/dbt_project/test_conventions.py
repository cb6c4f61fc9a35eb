"""The project as dbt reads it: names, descriptions, keys, contracts, passes."""

from __future__ import annotations

import csv
from collections import Counter
from statistics import NormalDist

import pytest

from ingest.vocabularies import CONDITIONS, CRITICALITIES, STOCKING_CLASSES
from tests.support.dbt import PROJECT, manifest
from tests.support.refill import after_forecast


@pytest.fixture(scope="module")
def nodes():
    return [node for node in manifest().nodes.values() if node.package_name == "partsbay"]


@pytest.fixture(scope="module")
def models(nodes):
    return [node for node in nodes if node.resource_type == "model"]


def test_a_model_name_has_at_most_45_bytes(models):
    assert [model.name for model in models if len(model.name.encode()) > 45] == []


def test_a_unit_test_name_fits_into_a_name_of_the_database():
    assert [test.name for test in manifest().unit_tests.values() if len(test.name) > 63] == []


def test_every_description_begins_with_the_grain(nodes):
    described = [node for node in nodes if node.resource_type in ("model", "seed")]
    assert [node.name for node in described if not node.description.startswith("One row per ")] == []


def test_every_source_table_begins_with_its_grain():
    sources = manifest().sources.values()
    assert [s.identifier for s in sources if not s.description.startswith("One row per ")] == []


def test_every_column_is_described(models):
    everything = [*models, *manifest().sources.values()]
    missing = [(n.name, c.name) for n in everything for c in n.columns.values() if not c.description.strip(" ?")]
    assert missing == []
    assert [node.name for node in everything if not node.columns] == []


def test_the_key_of_every_model_and_seed_is_tested(nodes):
    tested = {
        node.attached_node
        for node in nodes
        if node.resource_type == "test" and getattr(node, "test_metadata", None) and node.test_metadata.name == "is_key"
    }
    keyed = {node.unique_id for node in nodes if node.resource_type in ("model", "seed")}
    assert keyed - tested == set()


def test_marts_and_reports_are_under_contract_and_documented_in_the_database(models):
    published = [model for model in models if model.fqn[1] in ("marts", "reports")]
    assert len(published) >= 11
    assert all(model.config.contract.enforced for model in published)
    assert all(model.config.persist_docs == {"relation": True, "columns": True} for model in published)


def test_no_model_is_ephemeral(models):
    assert {model.config.materialized for model in models} == {"view", "table"}


def test_nothing_before_the_forecast_stands_on_what_comes_after_it(models):
    after = after_forecast()
    before = {model.name: model for model in models if model.name not in after}
    wrong = [(name, node) for name, model in before.items() for node in model.depends_on.nodes if _name(node) in after]
    assert len(before) > 50 and wrong == []


def test_no_data_test_spans_both_passes(nodes):
    """dbt would run it in the first pass already, on relations that are not there or are stale."""
    after = after_forecast()
    tests = [node for node in nodes if node.resource_type == "test"]
    passes = {test.name: {_name(parent) in after for parent in test.depends_on.nodes} for test in tests}
    assert {name for name, told in passes.items() if len(told) > 1} == set()


def _name(unique_id: str) -> str:
    return unique_id.rpartition(".")[2]


def test_staging_filters_every_source_by_the_as_of_and_the_audit_by_what_was_known(models):
    staging = [model for model in models if model.fqn[1] == "staging"]
    assert len(staging) >= 12
    rules = {model.name: "was_known" if model.fqn[2] == "audit" else "as_of" for model in staging}
    assert [model.name for model in staging if rules[model.name] not in model.raw_code.split("where")[-1]] == []


def test_only_staging_reads_sources(models):
    assert {model.fqn[1] for model in models if model.sources} == {"staging"}


def test_reports_read_marts_only(models):
    reports = [model for model in models if model.fqn[1] == "reports"]
    parents = {parent.split(".")[-1].split("_")[0] for model in reports for parent in model.depends_on.nodes}
    assert parents == {"fct", "dim"}


def test_two_columns_of_one_name_in_the_marts_have_one_type(models):
    types = {
        (column.name, column.data_type)
        for model in models
        if model.fqn[1] in ("marts", "reports")
        for column in model.columns.values()
    }
    assert [name for name, count in Counter(name for name, _ in types).items() if count > 1] == []


def _seed(name):
    with (PROJECT / "seeds" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def test_there_is_a_stocking_policy_for_every_class_and_criticality():
    pairs = {(row["stocking_class_code"], row["criticality_code"]) for row in _seed("stocking_policies")}
    assert pairs == {(stocking, criticality) for stocking in STOCKING_CLASSES for criticality in CRITICALITIES}


def test_every_condition_says_whether_it_may_be_sold():
    assert {row["condition_code"] for row in _seed("stock_conditions")} == set(CONDITIONS)
    unsellable = {row["condition_code"] for row in _seed("stock_conditions") if row["is_sellable"] == "false"}
    assert unsellable == {"DAMAGED", "CORE", "EXPIRED", "IN_TRANSIT"}


def test_z_values_are_those_of_the_normal_distribution():
    for row in _seed("service_levels"):
        exact = NormalDist().inv_cdf(float(row["service_level_pct"]) / 100)
        assert float(row["z_value"]) == pytest.approx(exact, abs=5e-7)


def test_the_settings_say_what_the_classes_of_demand_are_told_apart_by(models):
    code = {model.name: model.raw_code for model in models}
    for name, value in (("adi", "1.32"), ("cv2", "0.49")):
        assert f"{name}_value < {value}" in code["int_demand_series"]
        assert f"'{name}', " in code["rpt_settings"] and f", {value}, " in code["rpt_settings"]
