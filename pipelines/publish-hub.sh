#!/usr/bin/env bash
# A team's hub by bicep/publisher.bicep: publish-hub.sh what-if | create. Refuses a hub that another team sends to.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/bus-names.sh"
owner="$(jq -r --arg hub "$HUB" '.hubs[$hub].owner // empty' "$here/../bus.json")"
[[ -z "$owner" || "$owner" == "$TEAM" ]] || { echo "the hub $HUB belongs to $owner, not to $TEAM" >&2; exit 2; }
captured="$(az storage account list --resource-group "$group" --query "[?starts_with(name, 'stcaptured')].name | [0]" --output tsv)"
container="$(jq -r .capture.container "$here/../bus.json")"
az deployment group "$1" --resource-group "$group" --name "publisher-$HUB" --template-file "$here/../bicep/publisher.bicep" \
  --parameters namespaceName="$namespace" schemaGroupName="$schema_group" hubName="$HUB" partitions="${PARTITIONS:-4}" \
  sender="{\"name\": \"$identity\", \"group\": \"$identity_group\"}" \
  capture="{\"accountName\": \"$captured\", \"containerName\": \"$container\", \"identityName\": \"id-$ENVIRONMENT-capture\"}"
