"""Settings come from the environment once; a wrong one is refused with its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.errors import SettingsError, UnreachableError
from ingest.readers.limits import Limits
from ingest.thresholds import Thresholds
from orchestration.environments import Databases, get_settings


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A home of its own."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path))
    return tmp_path


def test_the_home_is_absolute_and_the_drop_folder_is_in_it(monkeypatch, home):
    monkeypatch.delenv("PARTSBAY_HOME")
    monkeypatch.chdir(home)
    assert get_settings().home == home / ".partsbay"
    assert get_settings().drop_folder == home / ".partsbay" / "drop"


def test_the_environment_outweighs_the_file_of_the_home(monkeypatch, home):
    (home / "partsbay.env").write_text("PARTSBAY_REGION=standby\nPARTSBAY_DROP=/feeds\n")
    assert get_settings().region == "standby"
    assert get_settings().drop_folder == Path("/feeds")
    monkeypatch.setenv("PARTSBAY_REGION", "primary")
    assert get_settings().region == "primary"


def test_limits_are_settings(monkeypatch, home):
    assert get_settings().thresholds == Thresholds()
    (home / "partsbay.env").write_text("PARTSBAY_LIMITS=row_count=5, process_seconds=60\n")
    assert get_settings().thresholds.limits == Limits(row_count=5, process_seconds=60)
    monkeypatch.setenv("PARTSBAY_LIMITS", "column_count=7")
    assert get_settings().thresholds.limits == Limits(column_count=7)


def test_an_as_of_without_a_zone_is_utc(monkeypatch):
    monkeypatch.setenv("PARTSBAY_AS_OF", "2011-12-09T12:50")
    assert get_settings().as_of == datetime(2011, 12, 9, 12, 50, tzinfo=UTC)
    monkeypatch.setenv("PARTSBAY_AS_OF", "2011-12-09T12:50+02:00")
    assert get_settings().as_of == datetime(2011, 12, 9, 10, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PARTSBAY_AS_OF", "yesterday"),
        ("PARTSBAY_REGION", "moon"),
        ("PARTSBAY_PRIMARY_URL", "mysql://u:s3cret@db/x"),
        ("PARTSBAY_LIMITS", "row_count=0"),
        ("PARTSBAY_LIMITS", "rows=5"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name_and_without_its_value(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as refusal:
        get_settings()
    assert refusal.value.exit_code == 2
    assert "s3cret" not in refusal.value.message


def test_settings_never_show_a_url(monkeypatch):
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", "postgresql://u:s3cret@db/x")
    assert "s3cret" not in repr(get_settings())


def test_a_stack_that_does_not_run_says_how_to_start_it():
    with pytest.raises(UnreachableError) as refusal:
        Databases().require_up()
    assert (refusal.value.code, refusal.value.exit_code, refusal.value.mend) == ("stack_down", 3, "Run partsbay up.")


def test_an_unreachable_database_is_named_by_its_variable(monkeypatch):
    monkeypatch.setenv("PARTSBAY_WAREHOUSE_URL", "postgresql://u:s3cret@127.0.0.1:9/x")
    with pytest.raises(UnreachableError, match="PARTSBAY_WAREHOUSE_URL") as refusal:
        Databases().warehouse("pipeline")
    assert "s3cret" not in refusal.value.message


def test_inboxes_are_found_beside_the_profiles_unless_they_are_named(monkeypatch, home):
    assert get_settings().inboxes_file is None
    (home / "profiles").mkdir()
    (home / "profiles" / "inboxes.yaml").write_text("inboxes: []\n")
    assert get_settings().inboxes_file == home / "profiles" / "inboxes.yaml"
    monkeypatch.setenv("PARTSBAY_INBOXES", "/etc/partsbay/inboxes.yaml")
    assert get_settings().inboxes_file == Path("/etc/partsbay/inboxes.yaml")
