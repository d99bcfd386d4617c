"""Run a program that may hang, and end it with all that it started."""

import os
import signal
import subprocess
import sys
import threading
import time

TAIL = 8000


class Ended:
    """What became of a program: `exit` is None where it was ended for its time."""

    def __init__(self, exit_code, output, seconds):
        self.exit, self.output, self.seconds = exit_code, output, seconds

    @property
    def hung(self):
        return self.exit is None

    def record(self):
        """For the report."""
        return {"exit": self.exit, "seconds": round(self.seconds, 2), "hung": self.hung, "output": self.output[-TAIL:]}


def say(text):
    print(f"gpu-check: {text}", file=sys.stderr, flush=True)


def run(command, limit, env=None, quiet=False):
    """Runs `command` for `limit` seconds at most. Its output goes to stderr too, unless `quiet`."""
    return Running(command, env, quiet).wait(limit)


class Running:
    """A program at work: in the background until somebody waits for it."""

    def __init__(self, command, env=None, quiet=False):
        command = [str(word) for word in command]
        say(" ".join(command))
        self.start = time.monotonic()
        self.quiet = quiet
        self.lines = []
        try:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # a group of its own, which is ended as a whole
            )
        except OSError as problem:
            self.process = None
            self.lines = [str(problem)]
            return
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            if not self.quiet:
                sys.stderr.write(line)
            self.lines.append(line)

    def wait(self, limit):
        if self.process is None:
            return Ended(127, "".join(self.lines), 0)
        try:
            code = self.process.wait(max(0.1, limit))
        except subprocess.TimeoutExpired:
            code = None
        self.end()  # of a program that ended, what it left behind
        self.reader.join(5)
        return Ended(code, "".join(self.lines), time.monotonic() - self.start)

    def end(self):
        """The program and all that it started, at once."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        try:
            self.process.wait(5)  # a process that waits for a GPU may not die at once: it is left then
        except subprocess.TimeoutExpired:
            pass
