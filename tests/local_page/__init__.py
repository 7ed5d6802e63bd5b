"""The page on this computer: what it gives, and what it refuses."""
