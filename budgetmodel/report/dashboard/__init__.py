"""The Dashboard: yellow cells, the tables that follow them, and the charts."""
