"""A pipeline that is killed in the middle ends, run again, with the tables of one that was not."""

from __future__ import annotations

import os
import shutil
import signal
import time

import psycopg
import pytest

from tests.support.platform import Platform


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """Two homes with the same files: catalogue, feeds and two garages; enough to be in the middle of."""
    from deploy.demo.build import AS_OF, build

    folder = tmp_path_factory.mktemp("recovery")
    drop = folder / "files"
    build(drop)
    for file in drop.glob("G0[3-7]/*/*"):
        file.unlink()
    made = []
    for name in ("undisturbed", "killed"):
        platform = Platform(folder / name)
        platform.home.mkdir()
        (platform.home / "partsbay.env").write_text(f"PARTSBAY_AS_OF={AS_OF}\n")
        shutil.copytree(drop, platform.home / "drop")
        assert platform.run("up").returncode == 0
        made.append(platform)
    yield made
    for platform in made:
        platform.remove()


def test_a_run_killed_half_way_and_run_again_ends_like_an_undisturbed_one(homes):
    undisturbed, killed = homes
    _kill_in_the_middle_of_the_usage_load(killed)
    half = killed.value("select count(*) from ingest.batches where state = 'LANDED'")
    assert half > 0, "the kill came too late to prove anything"
    assert (
        killed.value(
            "select count(*) from ingest.batches left join garage_inventory.usage_lines using (batch_id)"
            " where state = 'LANDED' and usage_line_id is not null"
        )
        == 0
    )
    _refresh(killed)
    _refresh(undisturbed)
    assert killed.value("select count(*) from ingest.batches where state = 'LANDED'") == 0
    assert killed.contents() == undisturbed.contents()
    assert killed.json("verify") == {"ok": True, "breaches": []}


def test_news_of_the_day_are_planned_and_reported_without_a_refresh(homes, tmp_path):
    platform, _ = homes
    _refresh(platform)
    garage, brand, number = platform.rows(
        "select garage_code, brand_code, part_number from marts.fct_replenishment_proposals"
        " where line_type_code = 'BUY' and outcome_code = 'PROPOSED' order by proposal_id limit 1"
    )[0]
    served = (
        "select on_hand_quantity from serving.stock_positions"
        f" where (garage_code, brand_code, part_number) = ('{garage}', '{brand}', '{number}')"
    )
    on_hand = platform.value(served)
    assert platform.json("replan")["changed_garage_parts"] == 0
    file = tmp_path / "usage.csv"
    file.write_text(
        "garage_code,work_order_number,work_order_line,brand_code,part_number,usage_type_code,quantity,uom_code,"
        f"consumed_at,actor\n{garage},AGAIN-1,1,{brand},{number},FITTED,1000,EA,2002-03-30T15:00:00Z,workshop\n"
    )
    assert platform.run("ingest", "usage", str(file), "--source", garage).returncode == 0
    told = platform.json("replan")
    assert (told["changed_garage_parts"], told["changed"]) == (1, 1)
    assert told["report"]["failed_checks"] == []
    assert on_hand - platform.value(served) == 1000
    assert platform.json("replan")["changed_garage_parts"] == 0
    expected = ("--garage", garage, "--from", "2002-04-02", "--to", "2002-04-20", "--reason", "fair", "--actor", "ann")
    assert platform.run("forecast", "uplift", "30", *expected).returncode == 0
    refused = platform.run("replan")
    assert refused.returncode == 1
    assert "replenishment.demand_uplifts is new" in " ".join(refused.stderr.split())
    assert "partsbay run makes it anew" in " ".join(refused.stderr.split())


def _refresh(platform: Platform) -> None:
    """Run to the end; 1 says that some row went to quarantine, which the files here deserve."""
    result = platform.run("run")
    assert result.returncode in (0, 1), result.stdout + result.stderr


def _kill_in_the_middle_of_the_usage_load(platform: Platform) -> None:
    process = platform.start("run")
    deadline = time.monotonic() + 240
    try:
        while time.monotonic() < deadline:
            assert process.poll() is None, process.stdout.read()
            with psycopg.connect(platform.url("primary")) as connection:
                stored = connection.execute(
                    "select count(*) from ingest.batches where kind = 'usage' and state <> 'LANDED'"
                ).fetchone()[0]
            if stored >= 2:
                break
            time.sleep(0.05)
        else:
            raise AssertionError("no usage was stored in time")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
