"""Empty a container of captured events, policies first: forget_captured.py <account> <container>.

Only an unlocked policy can be taken from a version, so ours are never locked. Needs `az login` and
the role Storage Blob Data Owner on the container.
"""

import sys

from azure.identity import AzureCliCredential
from azure.storage.blob import BlobServiceClient


def main(account: str, container: str) -> int:
    """Delete every version of every blob; the count goes to standard output."""
    url = f"https://{account}.blob.core.windows.net"
    with (
        BlobServiceClient(url, AzureCliCredential()) as service,
        service.get_container_client(container) as client,
    ):
        count = 0
        for found in client.list_blobs(include=["versions", "immutabilitypolicy"]):
            version = client.get_blob_client(found.name, version_id=found.version_id)
            if found.immutability_policy.expiry_time:
                version.delete_immutability_policy()
            if found.is_current_version:  # Azure refuses to delete a current version as a version
                client.delete_blob(found.name)
            version.delete_blob()
            count += 1
    print(f"{account}/{container}: {count} versions deleted")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
