"""The worker's tests reach no network. The libraries read these settings when they are imported."""

import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"
