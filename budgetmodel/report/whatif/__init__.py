"""whatif.html: the page on which a director moves sliders and the program is solved again, offline."""
