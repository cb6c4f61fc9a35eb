"""One build of the demonstration for all tests of this folder."""

import pytest

from deploy.demo.build import build


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A folder with the drop files, and the manifest of the build."""
    drop = tmp_path_factory.mktemp("drop")
    return drop, build(drop)
