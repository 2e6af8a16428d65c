#!/usr/bin/env bash
# A team's consumer group and right to receive by bicep/consumer.bicep: consume-hub.sh what-if | create.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/bus-names.sh"
az deployment group "$1" --resource-group "$group" --name "consumer-$HUB-$TEAM" --template-file "$here/../bicep/consumer.bicep" \
  --parameters namespaceName="$namespace" schemaGroupName="$schema_group" hubName="$HUB" consumerGroup="$TEAM" \
  receiver="{\"name\": \"$identity\", \"group\": \"$identity_group\"}"
