"""Small windows through the kernels, one process a case: a case that hangs or faults is ended, and the next one runs."""

import json

from .watchdog import run

CASE_SECONDS = 20
NO_SUCH_INSTRUCTIONS = 3


def cases(program, limit):
    return run([program, "--list"], limit).output.split()


def step(program, case, limit, seconds=CASE_SECONDS):
    if program is None:
        return "failed", {"error": "fused_smoke was not built"}
    ended = run([program, case], min(limit, seconds))
    details = {"result": last_json(ended.output), "exit": ended.exit, "seconds": ended.seconds}
    if ended.hung:
        return "hung", {**details, "reason": f"no end within {min(limit, seconds):.0f} s", "output": ended.output[-2000:]}
    if ended.exit == NO_SUCH_INSTRUCTIONS:
        return "skipped", {**details, "reason": (details["result"] or {}).get("skipped", "the device cannot run it")}
    return ("passed", details) if ended.exit == 0 else ("failed", {**details, "output": ended.output[-2000:]})


def last_json(output):
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return None


def statuses(report, name):
    """Of the cases so far whose name begins so."""
    return [step["status"] for step in report.data["steps"] if step["step"].startswith(f"smoke {name}")]
