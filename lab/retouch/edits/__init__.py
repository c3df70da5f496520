"""Of an edited picture only the edit: brought back to where the original lies, and pasted into it."""

from lab.retouch.edits.changes import KeptEdit, kept_edit, taken_over
from lab.retouch.edits.registration import Registered, registered

__all__ = ["KeptEdit", "Registered", "kept_edit", "registered", "taken_over"]
