"""The program solved in stages by HiGHS, Clarabel and whatever PuLP knows."""
