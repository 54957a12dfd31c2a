"""What the portal is made of: `supply.py sbom`, `supply.py audit`, `supply.py licences`.

The tools have a virtual environment of their own; nothing of theirs is in the portal's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

from tools.licences import licences_of_lock, locked_names

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "requirements" / "run.txt"
FOLDER = ROOT / ".cache" / "supply"
BILL = ROOT / ".cache" / "sbom.cdx.json"
SECONDS = 600
UNREACHABLE = ("ConnectionError", "Max retries", "timed out", "Name or service", "ServiceError", "HTTPError")
"""Words of an audit that could not ask anybody, rather than found something."""

NOT_ASKED = "could not be audited"


def main() -> None:
    acts = {"sbom": sbom, "audit": audit, "licences": licences}
    kind = sys.argv[1] if len(sys.argv) == 2 else ""
    if kind not in acts:
        sys.exit("usage: supply.py sbom|audit|licences")
    sys.exit(acts[kind]())


def sbom() -> int:
    """Write the bill of materials of what is locked, as CycloneDX JSON."""
    command = [_tool("cyclonedx-py"), "requirements", "--output-reproducible", "--of", "JSON", "-o", BILL]
    subprocess.run([*command, "--pyproject", ROOT / "pyproject.toml", LOCKED], check=True)
    bill = json.loads(BILL.read_text(encoding="utf-8"))
    for component in bill["components"]:
        licence = licences_of_lock().get(component["name"])
        if licence:
            component["licenses"] = [{"license": {"name": licence}}]
    BILL.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"portal: {BILL.relative_to(ROOT)}")
    return 0


def audit() -> int:
    """Ask for known weaknesses of what is locked; where nobody can be asked, say so and stop nothing."""
    options = "--require-hashes --disable-pip --progress-spinner off".split()
    command = [_tool("pip-audit"), *options, "-r", LOCKED]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return _skipped("no answer in time")
    unasked = (done.stdout + done.stderr).count(NOT_ASKED)
    if not done.returncode and unasked > len(locked_names()) // 10:
        return _skipped(f"it knows nothing of {unasked} of {len(locked_names())} packages")
    if done.returncode and any(word in done.stderr for word in UNREACHABLE):
        return _skipped(done.stderr.strip().splitlines()[-1][:160])
    print(done.stdout + done.stderr)
    return done.returncode


def licences() -> int:
    """List the licence of every locked package."""
    for name, licence in sorted(licences_of_lock().items()):
        print(f"{name:<32} {licence}")
    return 0


def _skipped(reason: str) -> int:
    print(f"portal: packages not audited: the source of known weaknesses was not reached ({reason})")
    return 0


def _tool(name: str) -> Path:
    """Return the program, installed from its lock when it is first needed."""
    wanted = (ROOT / "requirements" / "supply.txt").read_bytes()
    stamp = FOLDER / "installed"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        venv.create(FOLDER, with_pip=True, clear=True)
        options = "-qq --no-input --no-deps --require-hashes --only-binary :all:".split()
        pip = [FOLDER / "bin" / "python", "-m", "pip", "install", *options]
        subprocess.run([*pip, "-r", ROOT / "requirements" / "supply.txt"], check=True)
        stamp.write_bytes(wanted)
    return FOLDER / "bin" / name


if __name__ == "__main__":
    main()
