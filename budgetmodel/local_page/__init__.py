"""A page on this computer: drop a workbook, see its problems, its scenarios and its results; nothing is kept."""

from budgetmodel.local_page.desk import Desk as Desk
from budgetmodel.local_page.server import Server as Server
