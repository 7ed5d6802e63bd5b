"""Pictures as inline SVG: where the money flows, who wins and loses, how far places are from target."""
