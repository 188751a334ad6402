"""Notebooks are thin, take only the parameters they have, and lose nothing when they fail."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import nbformat
import pytest

from builders import ROOT
from evidence_tools.errors import BuildError, InputError
from evidence_tools.notebooks import convert_notebook, parse_parameters, run_notebook

FOLDER = ROOT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def make_notebook(path: Path, *sources: str, kernel: str = "python3") -> Path:
    """Write a notebook with a parameters cell and further cells."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    for number, source in enumerate(['word = "massage"  # a word', *sources]):
        cell = nbformat.v4.new_code_cell(source, id=f"c{number}")
        cell.metadata["tags"] = ["parameters"] if number == 0 else []
        notebook.cells.append(cell)
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_thin(name):
    """No definitions, no loops, no paths, one parameters cell with a comment a line, no outputs."""
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text())
    cells = notebook["cells"]
    assert cells[0]["cell_type"] == "markdown"
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    lines = "".join(tagged[0]["source"]).splitlines()
    assert all(" = " in line and "  # " in line for line in lines)
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert len(source.splitlines()) <= 5
        banned = (ast.FunctionDef, ast.For, ast.While, ast.ClassDef)
        assert not any(isinstance(node, banned) for node in ast.walk(ast.parse(source)))
        assert "/" not in source.replace("evidence/questions", "").replace("evidence/rules", "")
    assert "displays.stamp(assessment)" in "".join(cells[-1]["source"])


def test_an_unknown_parameter_is_an_error(tmp_path):
    """Papermill itself would only warn, and the report would silently be another one."""
    with pytest.raises(InputError, match=r"no parameter 'wrd'; expected one of word"):
        parse_parameters(make_notebook(tmp_path / "n.ipynb"), {"wrd": "x"})


def test_parameters_take_the_type_of_their_default(tmp_path):
    """Text stays text, even when it looks like code."""
    path = make_notebook(tmp_path / "n.ipynb")
    text = '"); import os; ("'
    assert parse_parameters(path, {"word": text}) == {"word": text}


def test_a_parameter_is_data_and_never_run(tmp_path):
    """Quotes and braces in a value come out as they went in."""
    path = make_notebook(tmp_path / "n.ipynb", "print(word)")
    text = "\"'); {{ 1/0 }} {x} raise SystemExit #"
    out = run_notebook(path, {"word": text}, tmp_path / "out.ipynb")
    printed = nbformat.read(out, as_version=4).cells[-1]["outputs"][0]["text"]
    assert printed == text + "\n"


def test_a_brace_in_the_output_path_is_only_a_brace(tmp_path):
    """Papermill formats paths; a brace must not break that."""
    folder = tmp_path / "{as_of} {}"
    folder.mkdir()
    path = make_notebook(folder / "n.ipynb", "1 + 1")
    assert run_notebook(path, {"word": "x"}, folder / "{out}.ipynb").is_file()


def test_two_runs_give_the_same_bytes_and_no_times(tmp_path):
    """Executed copies hold no times, durations or random ids."""
    path = make_notebook(tmp_path / "n.ipynb", "print(word)")
    one, two = (
        run_notebook(path, {"word": "x"}, tmp_path / name).read_bytes() for name in ("a", "b")
    )
    assert one == two
    assert b"papermill" not in one
    assert b"start_time" not in one


def test_a_failing_cell_is_named_and_its_executed_copy_kept(tmp_path):
    """The copy shows how far it came; nothing stands where the good copy would."""
    path = make_notebook(tmp_path / "n.ipynb", "print('so far')", "1 / 0")
    with pytest.raises(BuildError, match=r"ZeroDivisionError.*out\.failed\.ipynb") as caught:
        run_notebook(path, {"word": "x"}, tmp_path / "out.ipynb")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out.ipynb").exists()
    assert "so far" in (tmp_path / "out.failed.ipynb").read_text()


def test_a_missing_kernel_is_told_with_the_command_that_installs_it(tmp_path):
    """One line, not Jupyter's traceback."""
    path = make_notebook(tmp_path / "n.ipynb", kernel="fortran77")
    with pytest.raises(BuildError, match=r"kernel 'fortran77' is not installed.*ipykernel install"):
        run_notebook(path, {"word": "x"}, tmp_path / "out.ipynb")


def test_text_in_outputs_comes_out_as_text(project, tmp_path):
    """A title with a script in it is escaped in the page made of the notebook."""
    given = {"as_of": "2026-11-21"}
    path = project / "notebooks" / "literature.ipynb"
    out = run_notebook(path, parse_parameters(path, given), tmp_path / "out.ipynb")
    body = convert_notebook(out)
    assert "<script>" not in body
    shutil.rmtree(project)


def test_the_question_notebook_runs_on_a_real_question(tmp_path):
    """The dossier of a question on demand, with its plot."""
    path = FOLDER / "question.ipynb"
    given = {"question": "neck-pain", "as_of": "2026-11-21"}
    out = run_notebook(path, parse_parameters(path, given), tmp_path / "out.ipynb")
    body = convert_notebook(out)
    assert "neck pain" in body
    assert "favour of massage" in body
    assert 'src="data:image/svg+xml' in body
