"""The core's test programs that run on a GPU, each in a process of its own. Those of the CPU are not run: they say nothing of a GPU,
and CI has run them."""

from .watchdog import run

# The shortest first.
PROGRAMS = (
    "device_rows_test",
    "device_table_test",
    "device_stats_test",
    "device_lse_test",
    "decoder_device_test",
    "model_replicas_test",
    "fused_device_test",
)
SECONDS = 90


def step(program, limit, seconds=SECONDS):
    if program is None:
        return "failed", {"error": "it was not built"}
    ended = run([program], min(limit, seconds), env={"LONGATTN_TEST_DEVICE": "cuda:0"})
    details = {"exit": ended.exit, "seconds": ended.seconds}
    if ended.hung:
        return "hung", {**details, "reason": f"no end within {min(limit, seconds):.0f} s", "output": ended.output[-2000:]}
    if ended.exit == 0 and "skipped" in ended.output:  # it found no GPU
        return "failed", {**details, "error": ended.output.strip()[-200:]}
    return ("passed", details) if ended.exit == 0 else ("failed", {**details, "output": ended.output[-6000:]})
