"""Collections of garbage: what survives is set aside, and looked at again now and then."""

import gc

import pytest

from pages.ui.garbage import ALL, Collections


@pytest.fixture(autouse=True)
def nothing_set_aside():
    """As it was before: the collections of this process are its own business."""
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_survives_a_full_collection_is_set_aside():
    """Nothing at its start, nor after a small one."""
    after = Collections()
    after("start", {"generation": 2})
    after("stop", {"generation": 1})
    assert gc.get_freeze_count() == 0
    after("stop", {"generation": 2})
    assert gc.get_freeze_count() > 1_000


def test_one_in_many_looks_at_everything_again():
    """So what readers who left have left behind is found in the end."""
    after = Collections()
    for _ in range(ALL - 1):
        after("stop", {"generation": 2})
    assert gc.get_freeze_count() > 1_000
    after("stop", {"generation": 2})
    assert gc.get_freeze_count() == 0
