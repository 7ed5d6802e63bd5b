"""Why an answer is what it is: prices, headroom, freedom, conflicts, and how a place came to its allocation."""
