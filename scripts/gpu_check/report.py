"""The report of a run, written before each step begins and after it has ended: whatever ends the run, what was found stays.

A step is `passed`, `failed`, `hung`, `cut` where the run's time was up in it, `skipped` (with its reason), or `running` where the run
ended in it.
"""

import datetime
import json
import os
import pathlib
import time

from .watchdog import say


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


class Report:
    def __init__(self, commit):
        out = os.environ.get("OUT")
        self.file = pathlib.Path(out) / "gpu-check.json" if out else None
        self.deadline = time.monotonic()
        self.data = {"commit": commit, "time": now(), "passed": False, "complete": False, "steps": []}
        self.write()

    def begin(self, part, budget):
        """Steps from here on belong to `part`, which may take `budget` seconds."""
        self.data["parts"] = [*self.data.get("parts", []), part]
        self.deadline = time.monotonic() + budget
        self.write()

    def left(self):
        """Seconds of the budget."""
        return self.deadline - time.monotonic()

    def step(self, name, work, limit, least=5):
        """Does work(seconds) -> (status, details), for `limit` seconds at most; not at all where less than `least` are left. Returns
        the step."""
        step = {"step": name, "status": "running", "began": now()}
        self.data["steps"].append(step)
        if self.left() < least:
            step.update(status="skipped", reason="no time left", incomplete=True)
            say(f"{name}: no time left")
            self.write()
            return step
        self.write()
        start, own = time.monotonic(), min(limit, self.left())
        try:
            status, details = work(own)
            step.update(details, status=status)
            if status == "hung" and own < limit:
                step.update(status="cut", reason="no time left", incomplete=True)
        except Exception as problem:  # a step's own fault must not hide the others
            step.update(status="failed", error=f"{type(problem).__name__}: {problem}")
        step["seconds"] = round(time.monotonic() - start, 2)
        say(f"{name}: {step['status']}{' (' + step['reason'] + ')' if 'reason' in step else ''}")
        self.write()
        return step

    def skip(self, name, reason):
        """A step that is of no use any more."""
        self.data["steps"].append({"step": name, "status": "skipped", "reason": reason})
        say(f"{name}: skipped ({reason})")
        self.write()

    def finish(self):
        """The verdict: nothing failed, and nothing was left out for want of time."""
        steps = self.data["steps"]
        self.data["complete"] = not any(step.get("incomplete") for step in steps)
        self.data["passed"] = self.data["complete"] and all(step["status"] in ("passed", "skipped") for step in steps)
        self.write()
        return self.data["passed"]

    def write(self):
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(".draft")
        with open(draft, "w") as file:
            json.dump(self.data, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.file)
