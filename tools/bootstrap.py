"""Makes .venv from the locked requirements with a bare Python: `bootstrap.py run` or `bootstrap.py test`."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKED = {"run": ["run.txt"], "test": ["run.txt", "test.txt"]}
"""What each kind of use needs; test.txt holds everything of run.txt too."""

SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from portal.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""
"""The `portal` command; started through sh because a #! line breaks on long paths and on spaces."""


def main():
    kind = sys.argv[1] if len(sys.argv) == 2 else ""
    if kind not in LOCKED:
        sys.exit("usage: bootstrap.py run|test")
    use_a_new_enough_python()
    with one_at_a_time():
        if not is_ready(kind):
            make_venv()
            install(kind)


def use_a_new_enough_python():
    """Go on in a newer python3.x of the PATH when this one is too old; stop when there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in (14, 13, 12, 11):
        newer = shutil.which("python3.%d" % minor)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.exit(
        "The portal needs Python 3.11 or newer; this is %d.%d. Install it, or say "
        "make PYTHON=/path/to/python3.11" % sys.version_info[:2]
    )


@contextlib.contextmanager
def one_at_a_time():
    """Keep a second `make` in another terminal from installing into the same folder."""
    import fcntl  # noqa: PLC0415 - absent on Windows, where the clear message below is wanted

    folder = ROOT / ".cache"
    folder.mkdir(exist_ok=True)
    with (folder / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_ready(kind):
    """Say whether an earlier run installed exactly this; the test set serves a plain run too."""
    wider = [other for other in LOCKED if set(LOCKED[other]) >= set(LOCKED[kind])]
    return python_of_venv().exists() and any(
        stamp(other).exists() and stamp(other).read_text() == fingerprint(other) for other in wider
    )


def fingerprint(kind):
    """Return a text that changes with the locked files, with Python and with the place of the folder."""
    files = [ROOT / "requirements" / name for name in LOCKED[kind]] + [Path(__file__)]
    content = b"".join(path.read_bytes() for path in files)
    return "%s %s" % (hashlib.sha256(content).hexdigest(), born_here())


def stamp(kind):
    return VENV / (".installed-" + kind)


def python_of_venv():
    return VENV / "bin" / "python"


def make_venv():
    """Make the virtual environment unless a sound one is there."""
    if is_sound():
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    say("making .venv with Python %s" % sys.version.split()[0])
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], env=clean_environment(), check=False)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "This Python cannot make virtual environments. On Debian and Ubuntu: "
            "apt-get install python3-venv (or python3.%d-venv)" % sys.version_info[1]
        )
    birth_mark().write_text(born_here())


def is_sound():
    """Say whether .venv works and was made here, by this Python: a moved one has paths of its old place."""
    if not (birth_mark().exists() and birth_mark().read_text() == born_here()):
        return False
    command = [str(python_of_venv()), "-c", "import pip"]
    return subprocess.run(command, capture_output=True, env=clean_environment(), check=False).returncode == 0


def birth_mark():
    return VENV / ".made-by"


def born_here():
    return "%s %s\n" % (sys.version.split()[0], VENV)


def install(kind):
    """Install the locked packages, each checked against its recorded hash, and the portal beside them."""
    locked = ROOT / "requirements" / LOCKED[kind][-1]
    say("installing %s" % locked.relative_to(ROOT))
    done = subprocess.run(
        [
            str(python_of_venv()),
            "-m",
            "pip",
            "install",
            "-qq",
            "--no-input",
            "--no-deps",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--disable-pip-version-check",
            "-r",
            str(locked),
        ],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        sys.exit("The packages could not be installed; the reason is above.")
    put_portal_on_the_path()
    stamp(kind).write_text(fingerprint(kind))


def put_portal_on_the_path():
    """Make `import portal` and the command `portal` work from the sources, without a build step."""
    packages = next((VENV / "lib").glob("python3*/site-packages"))
    (packages / "portal.pth").write_text("%s\n" % ROOT)
    command = VENV / "bin" / "portal"
    command.write_text(SCRIPT.format(python=python_of_venv()))
    command.chmod(0o755)


def clean_environment():
    """Return the environment less what would send packages elsewhere; proxies and certificates stay."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"}
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def say(text):
    print("portal: " + text, flush=True)


if __name__ == "__main__":
    main()
