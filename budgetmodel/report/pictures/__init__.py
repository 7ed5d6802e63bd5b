"""Pictures as inline SVG: money flows, winners and losers, distance from target."""
