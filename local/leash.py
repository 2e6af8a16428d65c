"""Run a command that ends with its parent: `leash.py <parent's pid> <command> ...`.

On Linux the kernel sends SIGTERM when the parent is gone, however it went. Elsewhere nothing does,
and servers outlive a supervisor that is killed with -9.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)

if __name__ == "__main__":
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != int(parent):
            sys.exit(0)  # it was gone before the kernel was asked
    os.execvp(command[0], command)  # noqa: S606 - no shell is meant
