"""The process in which a document is taken apart: little memory, little time, no network, no files.

`python -I -m portal.adapters.documents.cleaning`: the file comes on standard input; one line of JSON and
what the file became go to standard output. What a hostile file does to a parser, it does here and nowhere
else.
"""

from __future__ import annotations

import json
import resource
import sys

from portal.adapters.documents.images import clean_image
from portal.adapters.documents.pdfs import clean_pdf
from portal.domain.documents import (
    LARGEST_BYTES,
    CleanDocument,
    DocumentProblem,
    DocumentRefused,
    Format,
    check_size,
    format_of,
)

MEMORY_BYTES = 600 * 1024 * 1024
"""Of addresses, libraries included; 24 million pixels with transparency take some 200 MB of them."""
CPU_SECONDS = 6


def main() -> None:
    _bind_hands()
    try:
        done = cleaned(sys.stdin.buffer.read(LARGEST_BYTES + 1))
        told = {"kind": done.kind.value, "pages": done.pages}
    except DocumentRefused as refusal:
        done, told = None, {"problem": refusal.problem.value}
    except MemoryError:
        done, told = None, {"problem": DocumentProblem.BROKEN.value}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + (done.content if done else b""))


def cleaned(data: bytes) -> CleanDocument:
    """Return what the file becomes. Raises DocumentRefused."""
    check_size(len(data))
    form = format_of(data)
    done = clean_pdf(data) if form is Format.PDF else clean_image(data, form)
    check_size(len(done.content))
    return done


def _bind_hands() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
