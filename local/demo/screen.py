"""The demo's live progress: one bar for each step, on a terminal or as lines in a log."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Screen:
    """Bars while it is entered; plain lines where nobody watches a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("  {task.description:<20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar that is set by calling it with how many there are."""
        bar = self._progress.add_task(what, total=total)
        latest = 0

        def told(count: int) -> None:
            nonlocal latest
            latest = count
            self._progress.update(bar, completed=count)

        yield told
        if not self._console.is_terminal:
            self._console.print(f"  {what}: {latest} of {total}")

    async def each[T](self, what: str, steps: Sequence[Awaitable[T]]) -> list[T]:
        """The results of all steps, in their order, with a bar that counts those that are done."""
        done = 0
        with self.counting(what, len(steps)) as count:

            async def counted(step: Awaitable[T]) -> T:
                nonlocal done
                result = await step
                done += 1
                count(done)
                return result

            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(counted(step)) for step in steps]
            except ExceptionGroup as failed:
                raise failed.exceptions[0] from None  # the others say the same
        return [task.result() for task in tasks]
