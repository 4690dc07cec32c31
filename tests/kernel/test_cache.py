"""A kernel is compiled once for all processes, and again when anything that it needs changed."""

import pytest

from bot.kernel import kernel
from tests.kernel.project import CALLEE, FEES, LAYOUT, Project


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_an_unchanged_kernel_is_compiled_once_and_plain_python_agrees(project):
    first = project.run()
    again = project.run()
    plain = project.run(NUMBA_DISABLE_JIT="1")

    assert first == {"result": 100, "hits": 0, "misses": 2}
    assert again == {"result": 100, "hits": 2, "misses": 0}
    assert plain["result"] == 100


def test_an_edited_callee_in_another_file_is_seen_by_a_new_process(project):
    before = project.run()
    project.write(callee=CALLEE.replace("size * rate", "size - rate"))
    after = project.run()
    again = project.run()

    assert before["result"] == 100
    assert after == {"result": 10, "hits": 0, "misses": 2}
    assert again == {"result": 10, "hits": 2, "misses": 0}


def test_an_edited_constant_in_another_file_is_seen_and_recompiles_only_its_reader(project):
    project.run()
    project.write(fees=FEES.replace("5", "7"))
    after = project.run()

    assert after == {"result": 140, "hits": 1, "misses": 1}


def test_fields_that_change_places_in_another_file_are_seen(project):
    project.run()
    lines = "    price: object\n", "    size: object\n"
    project.write(layout=LAYOUT.replace("".join(lines), "".join(reversed(lines))))
    after = project.run()

    assert after == {"result": 100, "hits": 1, "misses": 1}


def test_a_signature_with_too_few_arguments_is_refused_by_name():
    def spread(bid, ask):
        return ask - bid

    with pytest.raises(TypeError) as caught:
        kernel("int64(int64)")(spread)

    assert "spread: the signature int64(int64) has 1 arguments" in str(caught.value)
    assert str(caught.value).endswith("the function takes 2: bid, ask")


def test_a_signature_of_the_wrong_type_is_refused_by_name():
    def best(prices):
        return prices[0]

    with pytest.raises(TypeError, match=r"best does not fit int64\(int64\):"):
        kernel("int64(int64)")(best)


def test_a_call_with_another_type_is_refused_instead_of_compiled():
    @kernel("int64(int64)")
    def double(size):
        return size + size

    with pytest.raises(TypeError, match="No matching definition"):
        double("3")
