"""Starts a program, sends it SIGINT when it has printed "ready", and prints how it ended, as JSON.

The time is taken here, in a process of its own, because the tests beside it keep Swift's threads busy.
"""

import json
import signal
import subprocess
import sys
import time


def main() -> None:
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=25)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    elapsed = time.monotonic() - start
    print(json.dumps({"status": status, "stdout": first + out, "stderr": err, "seconds": elapsed}))


main()
