#!/usr/bin/env bash
# bicep/deliveries.bicep: Event Grid tells the blob triggers of new files. A host makes its webhook's key when it first
# starts, and an app that scales to zero starts when somebody calls: so each is called first, until it answers.
set -euo pipefail
: "${ENVIRONMENT:?set ENVIRONMENT to the environment, such as dev}" "${AZURE_LOCATION:?set AZURE_LOCATION to the region}"
here="$(cd "$(dirname "$0")" && pwd)"
for domain in $(jq -r '[.[].domain] | unique[]' "$here/../bicep/deliveries.json"); do
  host="$(az functionapp list --resource-group "rg-$ENVIRONMENT-$domain" --query '[0].defaultHostName' --output tsv)"
  curl --fail --silent --show-error --output /dev/null --retry 20 --retry-delay 15 --retry-all-errors "https://$host/api/health/$domain"
done
az deployment sub create --name "deliveries-$ENVIRONMENT" --location "$AZURE_LOCATION" \
  --template-file "$here/../bicep/deliveries.bicep" \
  --parameters environmentName="$ENVIRONMENT" location="$AZURE_LOCATION" --output none
