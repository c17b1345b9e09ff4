"""Pages and tables for readers: feedback per student, a report on the class, points for an LMS."""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent / "templates"
