"""Times on the GPU, one process a path, so that one which hangs or faults does not take the others' rows with it."""

import json

from .watchdog import run

PATH_SECONDS = 60
DECODER_SECONDS = 120


def rows_of(output):
    rows = []
    for line in output.splitlines():
        if line.startswith("{"):
            try:
                rows.append(json.loads(line))
            except ValueError:
                pass  # cut where the program was ended
    return rows


def step(program, path, shape, lengths, rounds, limit, seconds=PATH_SECONDS):
    if program is None:
        return "failed", {"error": "longattn_cuda_bench was not built"}
    command = [program, "--paths", path, "--shapes", shape, "--lengths", ",".join(map(str, lengths)), "--rounds", rounds]
    return ended(run(command, min(limit, seconds)), lambda row: "bench" in row or "check" in row)


def decoder(program, length, limit, seconds=DECODER_SECONDS):
    """Layers 0..16 and losses at the shape of Llama-3.1-8B with random weights."""
    if program is None:
        return "failed", {"error": "longattn_device_decoder_bench was not built"}
    command = [program, "--device", "cuda:0", "--length", length, "--rounds", 2]
    return ended(run(command, min(limit, seconds)), lambda row: "ms" in row)


def ended(program, counts):
    rows = rows_of(program.output)
    good = program.exit == 0 and any(counts(row) for row in rows)
    details = {"rows": rows, "exit": program.exit, "seconds": program.seconds}
    if not good:
        details["output"] = program.output[-2000:]
    return "hung" if program.hung else "passed" if good else "failed", details
