"""A page that follows runs: what a run has come to, as a record, and the record as HTML. `watch` and `app` show it."""
