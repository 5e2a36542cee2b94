"""Who runs this process: the account's name, from the system. Who may act, `acts` says."""

from __future__ import annotations

import os
import pwd


def login_name() -> str:
    """The name of the account that runs this, from the system and not from the environment, which anybody sets."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
