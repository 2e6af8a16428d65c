"""The package that `func azure functionapp publish` would upload: python -m local.publish [zip].

.funcignore decides, as it does there; its patterns are those of .gitignore.
"""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

from eventing.bus import ROOT


def packaged(root: Path) -> Iterator[Path]:
    """Files that Azure gets, as paths below the root, sorted."""
    ignored = GitIgnoreSpec.from_lines((root / ".funcignore").read_text().splitlines())
    return (path.relative_to(root) for path in sorted(_walk(root, root, ignored)))


def _walk(root: Path, folder: Path, ignored: GitIgnoreSpec) -> Iterator[Path]:
    """Files below a folder; an ignored folder, such as node_modules, is not entered."""
    for path in folder.iterdir():
        name = path.relative_to(root).as_posix()
        if path.is_symlink() or ignored.match_file(f"{name}/" if path.is_dir() else name):
            continue
        if path.is_dir():
            yield from _walk(root, path, ignored)
        else:
            yield path


def build(root: Path, target: Path) -> int:
    """Write the package; the number of bytes it takes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for path in packaged(root):
            package.write(root / path, path.as_posix())
    return target.stat().st_size


def main(arguments: list[str]) -> int:
    """Build the package and list what is in it."""
    target = Path(arguments[0]) if arguments else ROOT / ".publish" / "package.zip"
    size = build(ROOT, target)
    for path in packaged(ROOT):
        print(path.as_posix())
    print(f"{target}: {size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
