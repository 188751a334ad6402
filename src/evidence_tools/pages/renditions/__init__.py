"""An audit as people and machines take it away: data, table, HTML, DOCX, CSV."""

from evidence_tools.pages.renditions.data import audit_as_data

__all__ = ["audit_as_data"]
