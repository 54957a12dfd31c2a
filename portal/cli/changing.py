"""Which commands change something, so that the history tells who gave them; a test keeps both lists whole."""

from __future__ import annotations

CHANGING = frozenset(
    {
        "accounts disable",
        "accounts enable",
        "accounts remove-second-step",
        "accounts set-password",
        "credit adjust",
        "credit assign",
        "credit refund",
        "credit reverse",
        "documents save",
        "extras sent",
        "import contracts",
        "import conventions",
        "import extras",
        "import mailboxes",
        "import prices",
        "import promotions",
        "mailboxes remove-second-step",
        "mailboxes set-password",
        "outbox retry",
        "payments import-statement",
        "payments register",
        "payments resolve",
        "tick",
        "withdrawals refunded",
        "withdrawals retry",
    }
)
NOT_WRITTEN_DOWN = frozenset(
    {
        "accounts list",
        "audit",
        "clock",
        "credit list",
        "db downgrade",
        "db grants",
        "db upgrade",
        "demo",
        "doctor",
        "documents list",
        "extras list",
        "history",
        "outbox list",
        "payments list",
        "payments tasks",
        "prices",
        "quotes verify",
        "serve",
        "withdrawals list",
    }
)
"""What only looks, what only starts a process, and what makes the tables that a history needs."""
