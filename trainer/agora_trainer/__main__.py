"""Entry of `python -m agora_trainer`."""

import sys

from agora_trainer.cli import main

sys.exit(main())
