"""URLs of databases, in the form that libpq reads."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

# What a login as the analyst gets by itself, and a change of role on a given server does not.
ANALYST_OPTIONS = {"default_transaction_read_only": "on", "statement_timeout": "60s", "search_path": "marts,serving"}


def libpq_url(host: str, port: int, database: str, user: str, password: str) -> str:
    """A ``postgresql://`` URL; user and password may hold any character."""
    return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{quote(database, safe='')}"


def with_role(url: str, role: str) -> str:
    """A given URL that acts as one of our roles from its first statement on."""
    settings = {"role": f"partsbay_{role}", **(ANALYST_OPTIONS if role == "analyst" else {})}
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = [value for name, value in query if name == "options"]
    options = " ".join([*given, *(f"-c {name}={value}" for name, value in settings.items())])
    query = [(name, value) for name, value in query if name != "options"] + [("options", options)]
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def without_password(url: str) -> str:
    """A URL fit for the screen."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@", 1)))
