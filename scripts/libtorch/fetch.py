"""What the fetch scripts share: a folder of the cache that is made once, and a command that ends with the right exit code."""

import errno
import fcntl
import shutil

from libtorch.environment import EnvironmentProblem, cache_folder, say
from libtorch.unpack import is_complete


def made_once(name, kind, make):
    """The folder `name` of the cache, made first if it is not there: `make(target, downloads)`. One process of a `kind` fetches, the
    others wait for it."""
    target = cache_folder() / name
    if is_complete(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.parent / f"{kind}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process is fetching {kind}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_complete(target):
            downloads = target.parent / f"downloads-{kind}"
            make(target, downloads)
            shutil.rmtree(downloads)
    return target


def print_folder(find, space):
    """Prints what `find()` gives. Returns the exit code: 4 when the environment has to change first, such as `space` on the disk."""
    try:
        print(find())
    except EnvironmentProblem as problem:
        say(f"error: {problem}")
        return 4
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        say(f"error: {problem}. Free some space ({space}) or set LONGATTN_CACHE to a folder that can be written.")
        return 4
    except KeyboardInterrupt:
        return 130
    return 0
