#!/usr/bin/env bash
# When the budget of each resource group began, as group=date pairs with commas between. Azure neither moves that day nor
# begins a new budget in the past, so a deployment must repeat it for the budgets that are there.
set -euo pipefail
: "${ENVIRONMENT:?set ENVIRONMENT to the environment, such as dev}"
groups="$(az group list --tag "azd-env-name=$ENVIRONMENT" --query '[].name' --output tsv)"
for group in $groups; do
  begun="$(az rest --method get --output tsv \
    --url "/subscriptions/{subscriptionId}/resourceGroups/$group/providers/Microsoft.Consumption/budgets?api-version=2023-11-01" \
    --query "value[?name=='monthly'].properties.timePeriod.startDate | [0]")"
  if [[ -n "$begun" ]]; then printf '%s=%s,' "$group" "${begun%%T*}"; fi
done
