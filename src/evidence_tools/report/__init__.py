"""The report: notebooks run, figures drawn, a static site built around them."""

from evidence_tools.report.build import build_report

__all__ = ["build_report"]
