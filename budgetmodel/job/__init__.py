"""Job: a whole run, from the workbook to the written results, whoever asks for it.

The command `run`, `budgetmodel.run` in Python, and every front end are a Job and a listener of its events. What a run
does, and in which order, is written in `order` and nowhere else.
"""

from budgetmodel.job.job import OUTPUTS as OUTPUTS
from budgetmodel.job.job import Job as Job
from budgetmodel.job.job import run as run
from budgetmodel.job.outcome import Outcome as Outcome
from budgetmodel.job.outcome import Refused as Refused
