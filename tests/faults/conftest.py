"""Being here puts the folders of the helpers on the import path: each case uses what the parts are tested with."""

import sys
from pathlib import Path

for part in ("adapters", "read", "journeys", "notify"):
    sys.path.append(str(Path(__file__).parents[1] / part))
