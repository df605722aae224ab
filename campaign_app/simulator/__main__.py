"""`python -m campaign_app.simulator`."""

import sys

from .server import main

sys.exit(main())
