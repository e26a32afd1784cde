"""The doctor: a live server judged by the checklist for production."""

from .report import Finding, Item, Report, Template

__all__ = ["Finding", "Item", "Report", "Template"]
