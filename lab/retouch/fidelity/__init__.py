"""How true a finished picture is to what was to stay of another one, in numbers."""

from lab.retouch.fidelity.numbers import Fidelity, Stays, fidelity, untouched

__all__ = ["Fidelity", "Stays", "fidelity", "untouched"]
