"""Tables -> linear program -> proved solution. Nothing in here knows Excel."""
