"""Run parameterized notebooks with papermill, and turn them into HTML.

The only module that imports papermill. Executed copies are normalised (no times, no random ids), so
that the same inputs give the same bytes.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evidence_tools.errors import BuildError, InputError
from evidence_tools.files import write_atomic

if TYPE_CHECKING:
    from evidence_tools.kernels import ForkedKernel

__all__ = [
    "convert_notebook",
    "list_notebooks",
    "load_libraries",
    "parse_parameters",
    "run_notebook",
]

#: jsonschema builds a grammar of addresses on import, for a check that no notebook asks for:
#: longer than all else that is needed to read one. It does without where there is none.
_UNUSED = "rfc3987_syntax"


def load_libraries() -> None:
    """Import what reads, runs and converts notebooks."""
    spared = _UNUSED not in sys.modules
    if spared:
        sys.modules[_UNUSED] = None  # type: ignore[assignment]  # Python's way to say: not there
    try:
        for name in ("nbformat", "papermill", "nbconvert"):
            importlib.import_module(name)
    finally:
        if spared:
            del sys.modules[_UNUSED]


def list_notebooks(folder: Path) -> list[str]:
    """Names of the notebooks in a folder."""
    return sorted(path.stem for path in folder.glob("*.ipynb"))


def read_defaults(path: Path) -> dict[str, Any]:
    """Parameters of a notebook and their defaults, from its cell tagged ``parameters``."""
    load_libraries()
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            return {
                node.targets[0].id: ast.literal_eval(node.value)
                for node in ast.parse(cell.source).body
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
    raise BuildError("no cell is tagged 'parameters'", where=str(path))


def parse_parameters(path: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """Check parameters given as text against a notebook's own and turn them into its types.

    Raises
    ------
    InputError
        For a parameter that the notebook does not have (papermill itself would only warn), or a
        value that is not of the default's type.
    """
    defaults = read_defaults(path)
    parsed: dict[str, Any] = {}
    for name, value in given.items():
        if name not in defaults:
            raise InputError(
                f"notebook {path.stem} has no parameter {name!r}",
                expected=f"one of {', '.join(sorted(defaults))}",
            )
        kind = type(defaults[name])
        try:
            parsed[name] = value if kind is str else ast.literal_eval(value)
        except (ValueError, SyntaxError) as error:
            raise InputError(
                f"parameter {name}: {value!r} cannot be read", expected=f"a {kind.__name__}"
            ) from error
        if not isinstance(parsed[name], kind):
            raise InputError(f"parameter {name}: {value!r}", expected=f"a {kind.__name__}")
    return {**defaults, **parsed}


def run_notebook(
    path: Path, parameters: Mapping[str, Any], out: Path, forked: ForkedKernel | None = None
) -> Path:
    """Run a notebook and write its executed copy.

    Parameters
    ----------
    path : Path
        The notebook.
    parameters : mapping
        Values for all its parameters, as :func:`parse_parameters` gives them.
    out : Path
        Where the executed copy goes.
    forked : ForkedKernel, optional
        The process that becomes its kernel; by default one is started.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    BuildError
        When a cell fails (the executed copy is kept beside ``out`` and named) or the kernel is
        missing.
    """
    load_libraries()
    import nbformat
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel

    from evidence_tools.kernels import kernel_manager

    with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
        aside = Path(folder) / path.name
        # The kernel sees no personal IPython start-up files: they would change the result.
        os.environ["IPYTHONDIR"] = str(Path(folder) / "ipython")
        try:
            papermill.execute_notebook(
                _literal(path),
                _literal(aside),
                parameters=dict(parameters),
                cwd=str(path.resolve().parent),
                progress_bar=False,
                kernel_manager_class=kernel_manager(Path(folder), forked),
            )
        except NoSuchKernel as error:
            raise BuildError(
                f"the Jupyter kernel {error.name!r} is not installed",
                where=str(path),
                fix="run: python -m ipykernel install --sys-prefix --name python3",
            ) from error
        except papermill.PapermillExecutionError as error:
            kept = out.with_name(f"{out.stem}.failed.ipynb")
            if aside.exists():
                write_atomic(kept, aside.read_bytes())
            raise BuildError(
                f"cell {error.exec_count} failed: {error.ename}: {error.evalue}",
                where=str(path),
                fix=f"open the executed copy {kept}",
            ) from error
        notebook = nbformat.read(aside, as_version=4)
    _normalise(notebook)
    write_atomic(out, nbformat.writes(notebook) + "\n")
    return out


def _literal(path: Path) -> str:
    """Path as papermill takes it: it runs every path through ``str.format``."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _normalise(notebook: Any) -> None:
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = f"injected-{number}"


def convert_notebook(path: Path) -> str:
    """Body of an executed notebook as HTML: outputs and texts, without code, prompts or scripts."""
    load_libraries()
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="basic", exclude_input=True, exclude_input_prompt=True,
        exclude_output_prompt=True,
    )  # fmt: skip
    body, _ = exporter.from_filename(str(path))
    return str(body)
