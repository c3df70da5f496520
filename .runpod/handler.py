"""What Runpod's Hub looks for: a worker that serves what $SKETCHLAB_SERVE says."""

import os
import shlex
import sys

from lab.__main__ import main

sys.exit(main(["serve", *shlex.split(os.environ.get("SKETCHLAB_SERVE", "--model starter")), *sys.argv[1:]]))
