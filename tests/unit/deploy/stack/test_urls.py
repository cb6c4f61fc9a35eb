"""URLs of databases."""

from psycopg.conninfo import conninfo_to_dict

from deploy.stack.urls import libpq_url, with_role, without_password


def test_a_password_of_any_characters_survives_the_url():
    url = libpq_url("127.0.0.1", 5432, "inventory", "partsbay_owner", "p@ss/w:rd %?#&=ü")
    assert conninfo_to_dict(url)["password"] == "p@ss/w:rd %?#&=ü"
    assert conninfo_to_dict(url)["dbname"] == "inventory"


def test_a_given_url_takes_on_a_role_and_keeps_its_own_options():
    url = with_role("postgresql://u:p%40@db:1/x?sslmode=require&options=-c%20geqo%3Doff", "pipeline")
    parts = conninfo_to_dict(url)
    assert parts["options"] == "-c geqo=off -c role=partsbay_pipeline"
    assert (parts["sslmode"], parts["password"], parts["host"]) == ("require", "p@", "db")


def test_the_analyst_of_a_given_url_is_read_only_and_limited_in_time():
    options = conninfo_to_dict(with_role("postgresql://u@db/x", "analyst"))["options"]
    assert "default_transaction_read_only=on" in options
    assert "statement_timeout=60s" in options


def test_a_url_for_the_screen_shows_no_password():
    assert without_password("postgresql://u:s3cret@db:1/x") == "postgresql://u:***@db:1/x"
    assert without_password("postgresql://u@db/x") == "postgresql://u@db/x"
