"""What workbooks, results and messages are made of: records only, read by everything above."""
