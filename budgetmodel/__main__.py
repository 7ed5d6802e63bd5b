"""`python -m budgetmodel`: the command line."""

from budgetmodel.cli import main

if __name__ == "__main__":
    main()
