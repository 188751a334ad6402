"""What holds for the repository as a whole: steps kept, promises of the documents true."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from builders import DAY, ROOT
from evidence_tools import __version__
from evidence_tools.labels import ADVICE, NOT_APPRAISED, SUPPORT
from evidence_tools.releases import read_releases

SOURCES = sorted((ROOT / "src").rglob("*.py"))


def names_of(requirements: list[str]) -> set[str]:
    """Names of packages without their versions."""
    return {re.split(r"[<>=!~\[; ]", text, maxsplit=1)[0].casefold() for text in requirements}


def test_conda_and_pip_want_the_same_packages_in_the_same_versions():
    """environment.yml and pyproject.toml are in step."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    text = (ROOT / "environment.yml").read_text()
    listed = re.findall(r"^ +- ([a-z][^\s:]*)$", text, flags=re.MULTILINE)
    extra = {"python", "pip", "conda-forge"}
    assert {line for line in listed if names_of([line]) - extra} == set(wanted)


def test_pinned_versions_hold_every_dependency_and_no_address():
    """constraints.txt pins, and names no index, folder or host."""
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"https?:|file:|@|/|--", text)
    pinned = names_of(text.split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = names_of([*project["dependencies"], *project["optional-dependencies"]["dev"]])
    assert {name.replace("_", "-") for name in needed} <= {n.replace("_", "-") for n in pinned}


def test_the_version_is_the_same_everywhere():
    """Package, changelog, and citation; the latter is set to a release once one was cut."""
    releases = read_releases(ROOT / "evidence").releases
    cited = releases[-1].version if releases else __version__
    assert f'version: "{cited}"' in (ROOT / "CITATION.cff").read_text()
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_a_module_says_what_it_owns_and_exports_sorted_names(path):
    """A docstring, and an ``__all__`` whose names exist."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    exported = [
        ast.literal_eval(node.value)
        for node in tree.body
        if getattr(
            node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None),
            "id",
            "",
        )
        == "__all__"
    ]
    if path.stem == "__init__" and not exported:
        return
    defined = {getattr(node, "name", None) for node in tree.body}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            defined |= {getattr(target, "id", None) for target in node.targets}
        if isinstance(node, ast.AnnAssign):
            defined.add(getattr(node.target, "id", None))
        if isinstance(node, ast.ImportFrom):
            defined |= {alias.name for alias in node.names}
    assert set(exported[0]) <= defined


def test_no_path_of_a_machine_and_no_index_stands_in_the_repository():
    """Only names that any reader can use."""
    folders = ("*.*", "src/**/*.py", "evidence/**/*.*", "notebooks/*", "docs/*", "tests/*.py")
    found = re.compile(r"(?<![\w.])/(?:home|root|work|tmp)/\w")
    paths = [path for pattern in folders for path in ROOT.glob(pattern) if path.is_file()]
    wrong = [path.name for path in paths if found.search(path.read_text())]
    assert wrong == []


def luminance(colour: str) -> float:
    """Relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_badge_can_be_read_and_told_apart_without_colour():
    """Contrast of at least 4.5, and a symbol of its own within each list."""
    for labels in (list(SUPPORT.values()), list(ADVICE.values()), [NOT_APPRAISED]):
        assert len({label.symbol for label in labels}) == len(labels)
        for label in labels:
            light, dark = sorted((luminance(label.colour), luminance(label.ink)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, label.word


def test_the_evidence_base_is_complete(base):
    """Five documents, 372 claims, all questions of the pack, all its sources."""
    assert len(base.documents) == 5
    assert len(base.claims) == 372
    assert len(base.questions) >= 114
    assert len(base.records) >= 380
    assert {"bervoets2015", "field2016", "furlan2015", "qaseem2017"} == {
        citation.record for citation in base.documents["001"].citations
    }


MUST = [
    "low-back-pain",
    "neck-pain",
    "tension-type-headache",
    "migraine",
    "temporomandibular-disorder",
    "carpal-tunnel-syndrome",
    "sciatica",
    "fibromyalgia",
    "osteoarthritis",
    "plantar-heel-pain",
    "neuropathic-pain",
    "rheumatoid-arthritis",
    "palliative-pain",
    "musculoskeletal-pain",
    "trigger-point-deactivation",
    "trigger-point-existence",
    "local-blood-flow",
    "ischemia-causes-pain",
    "lactic-acid-soreness",
    "hypoxia-lactate",
    "toxin-release",
    "endorphin-release",
    "cortisol-reduction",
    "inflammation-reduction",
    "scar-tissue-breakdown",
    "flexibility-range-of-motion",
    "muscle-strength",
    "athletic-performance",
    "injury-prevention",
    "exercise-recovery",
    "posture-improvement",
    "gait-improvement",
    "anxiety",
    "depression",
    "sleep-quality",
    "stress-reduction",
    "muscle-tension-stiffness",
    "relaxation-duration",
    "adverse-events",
    "academy-recognition",
    "professional-recognition",
]


@pytest.mark.parametrize("key", MUST)
def test_the_questions_that_carry_most_claims_are_appraised(assessment, key):
    """With direction or none-found, five judgements with reasons, bottom line and wordings."""
    rating, appraisal = assessment.ratings[key], assessment.appraisals[key]
    assert rating.support is not None
    assert appraisal.date <= DAY
    assert appraisal.none_found or len(appraisal.domains) == 5
    assert appraisal.wording or appraisal.no_wording_reason
    assert appraisal.avoid


def test_documents_are_described_and_their_texts_are_not_in_git():
    """The texts' folder is ignored."""
    assert "/evidence/documents/text/" in (ROOT / ".gitignore").read_text().splitlines()
    tracked = [p for p in (ROOT / "evidence" / "documents").iterdir() if p.is_file()]
    assert {Path(p).suffix for p in tracked} == {".toml"}
