"""Door for the first visitor of a fresh server, who opens a link to this page.

Until app.py has run once, Streamlit looks for a file of the address's name in this folder, and
reports "page not found" where there is none. This file hands over to app.py, which knows the way.
"""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "app.py"))
