"""Tables -> the linear program as arrays: flows, rules, target, gaps."""
