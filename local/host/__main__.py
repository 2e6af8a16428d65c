"""`python -m local.host`: settings first, for aiohttp builds its TLS contexts at import."""

import os
from contextlib import suppress
from pathlib import Path

from local.host.config import ConfigurationError, read_settings
from local.host.options import parsed

options = parsed()
with suppress(ConfigurationError):  # main reads them again, and tells
    read_settings(Path(options.app).resolve() / options.settings, os.environ)

from local.host.main import main  # noqa: E402 - what it imports reads the settings

raise SystemExit(main())
