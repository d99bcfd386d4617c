"""`longattn.ray` on a real Ray: tasks that are killed, lose their command or are stopped are started again, and the files are those of one
run. Started by scripts/check-python.mjs with --engines, in a folder with models/."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import longattn
import longattn.ray
import ray

MODEL = "models/smollm2-135m-layer0"
# Four parts of 4 MiB, each of two segments of 256 windows and a second of work: the padding is not read.
ROWS, PADDING = 128, "." * 128_000


def write_corpus():
    with open("corpus.jsonl", "w") as file:
        for row in range(ROWS):
            ids = [(row * 7 + at * 31) % 2048 for at in range(16 * 64)]
            file.write(json.dumps({"id": f"doc-{row}", "ids": ids, "padding": PADDING}) + "\n")


def contents(run):
    files = [path for stage in ("windows", "scores", "documents", "selection") for path in sorted(Path(run, stage).rglob("*.arrow"))]
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


def at_work(run):
    """The process of a worker that has finished a segment of its part."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        for segment in Path(run, "scores").glob("part-*.seg-*"):
            try:
                return json.loads(Path(run, "leases", f"scores-{segment.name.split('.')[0]}.json").read_text())["pid"]
            except (FileNotFoundError, ValueError):
                continue  # it has ended just now
        time.sleep(0.01)
    raise AssertionError(f"no worker of {run} came to work")


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def disturbed(name, tasks, disturb, **options):
    """A run that `disturb(pid)` befalls once, where pid is of a worker in the middle of a part."""
    done = []

    def befall():
        pid = at_work(name)
        disturb(pid)
        done.append(pid)

    thread = threading.Thread(target=befall, daemon=True)
    thread.start()
    summary = longattn.ray.run(name, tasks=tasks, then="select", **OPTIONS, **options)
    assert len(done) == 1, "nothing was disturbed"
    return summary


def kill_task(pid):
    os.kill(parent_of(pid), signal.SIGKILL)


OPTIONS = dict(input={"book": "corpus.jsonl"}, ids_field="ids", model=MODEL, window=64, keep=0.25)


def check_killed_among_others():
    assert disturbed("KILLED", 2, kill_task)["domains"][0]["windows"] == 2048


def check_alone_killed():
    """The one worker there is: without another try nothing would be made."""
    disturbed("ALONE", 1, kill_task)


def check_alone_command_killed():
    disturbed("COMMAND", 1, lambda pid: os.kill(pid, signal.SIGKILL))


def check_alone_stopped():
    """It ends well and tells that it was stopped: that is no end."""
    disturbed("STOPPED", 1, lambda pid: os.kill(pid, signal.SIGTERM))


def check_no_retries():
    try:
        disturbed("LOST", 1, kill_task, max_retries=0)
    except ray.exceptions.WorkerCrashedError:
        # What is left is done by the same call.
        longattn.ray.run("LOST", tasks=2, then="select", **OPTIONS)
    else:
        raise AssertionError("the task was started again")


def check_errors():
    try:
        longattn.ray.run("BAD", tasks=1, **{**OPTIONS, "model": "./nowhere"})
    except longattn.LongattnDataError as error:
        assert error.code.startswith("MODEL_"), error
    else:
        raise AssertionError("no error")
    try:
        longattn.ray.run("BAD", tasks=1, colour="red")
    except TypeError as error:
        assert "colour" in str(error)
    else:
        raise AssertionError("no error")


write_corpus()
longattn.run("SINGLE", **OPTIONS, threads=1)
single = contents("SINGLE")
assert sum(name.startswith("scores/") for name in single) == 4, sorted(single)
start = time.monotonic()
# Its workers are niced by 15, which is for ever on a busy machine.
os.environ["RAY_worker_niceness"] = "0"
os.environ["RAY_AUTH_MODE"] = "disabled"
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="warning")
print(f"ray.init: {time.monotonic() - start:.1f} s", file=sys.stderr)
for check in [one for name, one in list(globals().items()) if name.startswith("check_")]:
    start = time.monotonic()
    check()
    print(f"{check.__name__}: passed ({time.monotonic() - start:.1f} s)", file=sys.stderr)
for run in ("KILLED", "ALONE", "COMMAND", "STOPPED", "LOST"):
    assert contents(run) == single, run
ray.shutdown()
