"""Real files that may not live here: without the folder that holds them there is nothing to collect."""

from tests.support.samples import samples_folder

collect_ignore_glob = [] if samples_folder() else ["test_*.py"]
