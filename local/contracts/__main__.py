"""`make release-schemas`: keep the contracts' present versions, unless one would break a reader."""

import sys

from eventing.bus import ROOT
from local.contracts.released import release


def main() -> int:
    """Say what was kept; exit code 1 when a version was refused."""
    kept, refused = release(ROOT)
    for path in kept:
        print(f"released {path.relative_to(ROOT)}")
    for why in refused:
        print(why, file=sys.stderr)
    if not kept and not refused:
        print("every contract is released as it is")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
