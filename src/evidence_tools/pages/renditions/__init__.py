"""An audit as people and machines take it away: data, table, CSV, HTML, DOCX.

All but :func:`audit_as_data` are made from what that gives. HTML and DOCX stand in modules of their
own, which bring a library each.
"""

from evidence_tools.pages.renditions.data import audit_as_data
from evidence_tools.pages.renditions.plain import format_csv, format_table

__all__ = ["audit_as_data", "format_csv", "format_table"]
