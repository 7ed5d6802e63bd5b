"""A scenario's program as data that a page can re-solve: its arrays, and what each slider does to them."""

from budgetmodel.whatif.offline import WhatIf as WhatIf
from budgetmodel.whatif.offline import what_if as what_if
