"""Stage 5, who pays: the flows by source of an allocation that is decided (model.md, section 5).

What every line gets and what every source spends is fixed. `start` takes both from the columns of the program, `alike`
puts lines together that cannot be told apart, and `source_rows` has the rules that see sources. `year` decides a year,
its last freedom by `proportion`. `decide` goes through the years: `who_pays` is what others call.
"""
