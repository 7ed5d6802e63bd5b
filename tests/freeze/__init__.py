"""What a user gets, frozen: written to a folder of text files, so that a later commit can show it changed nothing.

python -m tests.freeze write FOLDER             writes everything; --only NAME, repeatable, writes some jobs
python -m tests.freeze compare BEFORE AFTER     lists the files that differ, with their first differing lines
python -m tests.freeze hash FOLDER              prints the SHA-256 of every file
python -m tests.freeze golden                   writes everything and keeps the hashes in golden.csv

Everything is asked for through the command line and the names that `import budgetmodel` offers, so that modules can
move inside the package without a change here. What may differ between machines and commits is in `neutral`.
"""
