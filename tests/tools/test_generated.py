"""The summary's table is that of the stored outputs."""

import nbformat
import pytest

import generated

OUTPUT = """digits: right answers (more is better), 600 recordings
GRU    0.9 (0.8 to 1.0)  5 seeds, 8 epochs
SVM    0.8 (0.7 to 0.9)  once
GRU minus SVM: +0.1 (-0.1 to +0.2), level
"""


def test_summary_is_up_to_date():
    assert generated.SUMMARY.read_text("utf-8") == generated.summary()


@pytest.fixture
def path(tmp_path):
    v4 = nbformat.v4
    output = v4.new_output("stream", name="stdout", text=OUTPUT)
    cells = [
        v4.new_markdown_cell("# 5.9 A title"),
        v4.new_code_cell("", outputs=[output], metadata={"tags": ["verdict"]}),
        v4.new_code_cell("", outputs=[output]),
    ]
    path = tmp_path / "05_9_name.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


def test_verdicts_come_from_the_cells_with_the_tag(path):
    [row] = generated.verdicts(path)
    assert row == (
        "| digits | right answers, 600 recordings | GRU | SVM | +0.1 (−0.1\xa0to\xa0+0.2) "
        "| level | [5.9](../notebooks/05_9_name.ipynb) |"
    )


def test_summary_changes_with_a_verdict(path, monkeypatch):
    before = generated.summary()
    monkeypatch.setattr(generated.notebooks, "paths", lambda: [path])
    after = generated.summary()
    assert after != before
    assert "| digits |" in after
    assert after.partition("<!-- verdicts -->")[0] == before.partition("<!-- verdicts -->")[0]
