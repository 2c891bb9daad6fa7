"""Runs the worker and kills it before the given step (from 1): `killed.py step job.json`."""

import os
import signal
import sys

from agora_trainer import cli, loop


def main() -> int:
    step, job = int(sys.argv[1]), sys.argv[2]
    original = loop.Loop._apply

    def apply(self: loop.Loop) -> float:
        if self.tally.step + 1 == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self)

    loop.Loop._apply = apply
    return cli.main([job, "--parent"])


if __name__ == "__main__":
    sys.exit(main())
