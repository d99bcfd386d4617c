"""The installed wheel against the run CLONE of this folder, which the clone made of the same files. Started by scripts/check-python.mjs."""

import inspect
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import longattn
import pyarrow as pa
import pyarrow.compute as pc

assert shutil.which("node") is None, "Node.js is on the PATH"

OPTIONS = dict(input={"book": "moby.txt", "pages": Path("rows.jsonl")}, model="models/smollm2-135m-layer0", window=512, keep=0.25)


def check_same_bits():
    summary = longattn.run("RUN", **OPTIONS)
    assert [one["domain"] for one in summary["domains"]] == ["book", "pages"], summary
    for table in (longattn.scores, longattn.windows, longattn.documents, longattn.selection):
        ours, clones = table("RUN"), table("CLONE")
        assert ours.num_rows > 0 and ours.equals(clones), table.__name__
    files = [path.relative_to("CLONE") for path in sorted(Path("CLONE").glob("scores/*.arrow"))]
    assert len(files) > 0
    for file in files:
        assert ("RUN" / file).read_bytes() == ("CLONE" / file).read_bytes(), file


def check_tables():
    selection = longattn.selection("RUN")
    # What the paper defines, from the statistics themselves: the mean over the heads.
    scores = {row["window_id"]: row["ds"] for row in longattn.scores("RUN").select(["window_id", "ds"]).to_pylist()}
    for row in selection.to_pylist():
        heads = scores[row["window_id"]]
        assert abs(row["ds"] - sum(heads) / len(heads)) < 1e-12, row
    kept = pc.sum(selection["selected"].cast(pa.int64())).as_py()
    assert 0.2 < kept / selection.num_rows < 0.3, kept
    longattn.select("RUN", keep="50%", name="half")
    half = longattn.selection("RUN", "half")
    assert pc.sum(half["selected"].cast(pa.int64())).as_py() > kept


def error_of(call, *args, **options):
    try:
        call(*args, **options)
    except longattn.LongattnError as error:
        return error
    raise AssertionError("no error")


def check_errors():
    for error, kind, code in [
        (error_of(longattn.run, "NONE", **{**OPTIONS, "window": "many"}), longattn.LongattnUsageError, "INVALID_OPTION"),
        (error_of(longattn.run, "NONE", **{**OPTIONS, "input": {"book": "missing.txt"}}), longattn.LongattnDataError, "INPUT_NOT_FOUND"),
        (error_of(longattn.run, "moby.txt/RUN", **OPTIONS), longattn.LongattnEnvironmentError, "NOT_A_FOLDER"),
        (error_of(longattn.export, "NOWHERE"), longattn.LongattnUsageError, "MISSING_OPTION"),
        (error_of(longattn.scores, "."), longattn.LongattnDataError, "RUN_MISSING"),
    ]:
        assert type(error) is kind and error.code == code, repr(error)
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), copy.code, str(copy)) == (kind, code, str(error))
    # Not well, and no error: the report says so.
    assert longattn.check(input="book=moby.txt")["stops"] == []
    Path("empty.jsonl").write_text('{"text": \n')
    assert longattn.check(input="book=empty.jsonl")["stops"] != []


def check_cut_part():
    shutil.copytree("RUN", "CUT")
    part = sorted(Path("CUT/scores").glob("*.arrow"))[0]
    part.write_bytes(part.read_bytes()[:-8])
    assert error_of(longattn.scores, "CUT").code == "PART_CHANGED"
    part.with_name(part.name.replace(".arrow", ".done.json")).unlink()
    assert error_of(longattn.scores, "CUT").code == "PART_MISSING"


def check_values():
    """Typed values are those of the command line."""
    ids = list(range(100, 164))
    result = longattn.attention(model=OPTIONS["model"], ids=ids, output="map.arrow", heads=[0, 3], rows=[5, 60], map=False)
    assert result["tokens"] == 64 and result["rows"] == [5, 60], result
    assert [one["head"] for one in result["records"]] == [0, 3]
    assert longattn.attention(model=OPTIONS["model"], ids=ids, output="map.arrow", map=16)["blocks"] == 16
    # A name that looks like a flag is a name.
    assert error_of(longattn.status, "--watch").code == "RUN_MISSING"


def check_argument_before_variable():
    os.environ["LONGATTN_KEEP"] = "3"
    try:
        assert error_of(longattn.select, "RUN").code == "INVALID_OPTION"
        longattn.select("RUN", keep=0.25)
    finally:
        del os.environ["LONGATTN_KEEP"]


def check_torch():
    """Of a torch that is importable its folder is told, without importing it, and which Python this is; what the user says stays."""
    from longattn import _node

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "torch").mkdir()
        Path(folder, "torch", "__init__.py").write_text("raise RuntimeError('imported')")
        sys.path.insert(0, folder)
        assert _node.environment()["LONGATTN_LIBTORCH"] == str(Path(folder, "torch"))
        os.environ["LONGATTN_LIBTORCH"] = "/elsewhere"
        assert _node.environment()["LONGATTN_LIBTORCH"] == "/elsewhere"
        del os.environ["LONGATTN_LIBTORCH"]
        sys.path.remove(folder)
    assert "LONGATTN_LIBTORCH" not in _node.environment()
    # There is no python3 on the PATH of this process but this one's, nor need be.
    assert _node.environment()["LONGATTN_PYTHON"] == sys.executable


def check_console_script():
    script = Path(sys.executable).with_name("longattn")
    version = subprocess.run([script, "--version"], capture_output=True, text=True)
    assert (version.returncode, version.stdout.strip()) == (0, longattn.__version__), version
    found = longattn.doctor()
    assert (found["longattn"], found["addon"]) == (longattn.__version__, "loaded"), found
    assert subprocess.run([script, "run", "--nonsense"], capture_output=True).returncode == 2
    # The process is the command itself, so a signal reaches it.
    child = subprocess.Popen([script, "score", "STOPPED", *flags()], stderr=subprocess.PIPE)
    time.sleep(0.1)
    deadline = time.monotonic() + 30
    while not Path("STOPPED/run.json").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGTERM)
    _, told = child.communicate()
    assert child.returncode == 128 + signal.SIGTERM, (child.returncode, told)


def flags():
    inputs = [f"--input={name}={path}" for name, path in OPTIONS["input"].items()]
    return [*inputs, f"--model={OPTIONS['model']}", "--window=64", "--threads=1"]


def check_interrupt():
    """Ctrl-C: the command ends in order, the exception is Python's, and the same call goes on."""
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    options = {**OPTIONS, "window": 64, "threads": 1}
    try:
        longattn.run("INTERRUPTED", **options)
    except KeyboardInterrupt:
        longattn.run("INTERRUPTED", **options)
    else:
        raise AssertionError("it ended before the interrupt")
    assert longattn.scores("INTERRUPTED").num_rows > 0


def check_signatures():
    for name in longattn.__all__:
        thing = getattr(longattn, name)
        if inspect.isfunction(thing) and thing.__module__ == "longattn._commands":
            for parameter in list(inspect.signature(thing).parameters)[1:]:
                assert f"    {parameter}: " in thing.__doc__ or parameter in ("window", "name"), (name, parameter)


warnings.simplefilter("error", longattn.LongattnWarning)
check_same_bits()
for check in [one for name, one in list(globals().items()) if name.startswith("check_") and name != "check_same_bits"]:
    start = time.monotonic()
    check()
    print(f"{check.__name__}: passed ({time.monotonic() - start:.1f} s)", file=sys.stderr)
