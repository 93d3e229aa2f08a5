"""JupyterLab that ends with the program that started it: when standard input closes, the server is asked to stop."""

import os
import signal
import sys
import threading


def stop_when_input_closes():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=stop_when_input_closes, daemon=True).start()

from jupyterlab.labapp import main  # noqa: E402

sys.exit(main())
