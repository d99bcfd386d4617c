"""compute-sanitizer on a small window: what the emulated machine cannot see. Skipped, with its reason, where the machine has none or
refuses it, as many containers do."""

import re

from .watchdog import run

TOOLS = ("memcheck", "racecheck", "synccheck")
SECONDS = 60


def step(sanitizer, program, tool, case, limit, seconds=SECONDS):
    if sanitizer is None:
        return "skipped", {"reason": "there is no compute-sanitizer"}
    if program is None:
        return "failed", {"error": "fused_smoke was not built"}
    ended = run([sanitizer, "--tool", tool, program, case, "--once"], min(limit, seconds))
    details = {"exit": ended.exit, "seconds": ended.seconds, "output": ended.output[-6000:]}
    summary = re.search(r"(?:ERROR|RACECHECK) SUMMARY: (\d+)", ended.output)
    if ended.hung:
        # These tools make a run a hundred times as slow: no end says little.
        return "skipped", {**details, "reason": f"no end within {min(limit, seconds):.0f} s"}
    if summary is None:
        last = ended.output.strip().splitlines()[-1:] or ["no output"]
        return "skipped", {**details, "reason": f"the machine refuses it: {last[0].strip()}"}
    details["errors"] = int(summary.group(1))
    return ("passed" if details["errors"] == 0 and ended.exit == 0 else "failed"), details
