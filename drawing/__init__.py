"""What people look at: plots as SVG, and pages of one file. Values in, text out."""
