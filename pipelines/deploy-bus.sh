#!/usr/bin/env bash
# bicep/main.bicep into one environment; its outputs go to outputs.json. Twice if need be: the first time in an empty
# subscription, Azure may refuse capture because it does not yet believe the right that the same deployment gave.
set -euo pipefail
: "${ENVIRONMENT:?set ENVIRONMENT to the environment, such as dev}" "${AZURE_LOCATION:?set AZURE_LOCATION to the region}"
here="$(cd "$(dirname "$0")" && pwd)"
BUDGET_STARTS="$("$here/budget-starts.sh")"
export BUDGET_STARTS
deploy() {
  az deployment sub create --name "main-$ENVIRONMENT" --location "$AZURE_LOCATION" \
    --template-file "$here/../bicep/main.bicep" --parameters "$here/../bicep/environments/$ENVIRONMENT.bicepparam" "$@" \
    --query properties.outputs --output json > outputs.json
}
deploy "$@" || { echo "once more in three minutes, when new rights have spread" >&2; sleep 180; deploy "$@"; }
