#!/usr/bin/env bash
# Removes one environment: its locks, its resource groups with all their data, its vaults' names where they may be freed.
# What was captured may not be deleted before its days are over, unless "forget-captured" says so.
set -euo pipefail
: "${ENVIRONMENT:?set ENVIRONMENT to the environment, such as dev}"
[[ "${1:-}" == "$ENVIRONMENT" ]] || { echo "say it twice: ENVIRONMENT=$ENVIRONMENT $0 $ENVIRONMENT [forget-captured]" >&2; exit 2; }
here="$(cd "$(dirname "$0")" && pwd)"
groups="$(az group list --tag "azd-env-name=$ENVIRONMENT" --query '[].name' --output tsv)"
[[ -n "$groups" ]] || { echo "no resource group has the tag azd-env-name=$ENVIRONMENT" >&2; exit 2; }
locks="$(for group in $groups; do az lock list --resource-group "$group" --query "[?name=='keep'].id" --output tsv; done)"
[[ -z "$locks" ]] || az lock delete --ids $locks
if [[ "${2:-}" == "forget-captured" ]]; then
  account="$(az storage account list --resource-group "rg-$ENVIRONMENT-platform" --query "[?starts_with(name, 'stcaptured')].name | [0]" --output tsv)"
  "$here/../.venv/bin/python" "$here/forget_captured.py" "$account" "$(jq -r .capture.container "$here/../bus.json")"
fi
vaults="$(for group in $groups; do az keyvault list --resource-group "$group" --query '[].name' --output tsv; done)"
for group in $groups; do az group delete --name "$group" --yes --no-wait; done
for group in $groups; do az group wait --name "$group" --deleted --timeout 3600; done
for vault in $vaults; do
  az keyvault purge --name "$vault" || echo "$vault keeps its name until it may be purged" >&2
done
