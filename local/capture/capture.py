"""Hub partitions → captured files. What was captured is known from the files alone."""

import logging
from dataclasses import dataclass
from pathlib import Path

from azure.core.exceptions import AzureError
from azure.storage.blob import ContainerClient

from local.capture import file
from local.capture.log import Place, read_on

log = logging.getLogger("capture")

LAST = "last_sequence_number"
"""Metadata of a file: it is written with the file in one request, so it can't be behind it."""


@dataclass(frozen=True, slots=True)
class Form:
    """How files are named and how large they get."""

    namespace: str
    name: str
    most: int


@dataclass
class Capture:
    """The capture of one partition's log into a container."""

    container: ContainerClient
    form: Form
    folder: Path
    place: Place | None = None
    newest: str | None = None

    def round(self) -> int:
        """Write what was added since the last file; the number of files.

        After a failure nobody knows what was written: the next round looks. Raises AzureError,
        and FileNotFoundError for a segment that the broker has just dropped.
        """
        try:
            written = 0
            while self._write():
                written += 1
            return written
        except (AzureError, FileNotFoundError):
            self.place = None
            raise

    def _write(self) -> bool:
        place = self.place or self._found()
        batches, after = read_on(self.folder, place, self.form.most)
        if batches:
            hub, partition = self.folder.parts[-2:]
            begun = file.begins(batches, self.newest)
            name = file.name(self.form.name, self.form.namespace, hub, partition, begun)
            # A file that is there is never replaced: then another wrote these events.
            self.container.upload_blob(
                name, file.content(batches), overwrite=False, metadata={LAST: str(after.last)}
            )
            log.info("%s: events up to %d", name, after.last)
            self.newest = name
        self.place = after
        return bool(batches)

    def _found(self) -> Place:
        """Up to where the container's files go."""
        hub, partition = self.folder.parts[-2:]
        form = self.form.name.partition("{Year}")[0]
        prefix = form.format(Namespace=self.form.namespace, EventHub=hub, PartitionId=partition)
        last = -1
        for blob in self.container.list_blobs(name_starts_with=prefix, include=["metadata"]):
            self.newest, last = blob.name, int(blob.metadata[LAST])
        return Place(last)


def rounds(captures: list[Capture]) -> int:
    """A round of every partition; one that fails is told and does not hold up the others."""
    written = 0
    for capture in captures:
        try:
            written += capture.round()
        except (AzureError, FileNotFoundError) as error:
            log.warning("%s: %s", capture.folder, str(error).splitlines()[0])
    return written
