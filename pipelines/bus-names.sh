# Sourced by the scripts beside it: the names of one environment's bus, asked of Azure by tag.
: "${ENVIRONMENT:?set ENVIRONMENT to the environment, such as dev}"
: "${TEAM:?set TEAM to the team whose app gets the right}"
: "${HUB:?set HUB to the name of the hub}"
for word in "$ENVIRONMENT" "$TEAM" "$HUB"; do
  [[ "$word" =~ ^[a-z0-9][a-z0-9-]{0,49}$ ]] || { echo "$word: use lower-case letters, digits and hyphens" >&2; exit 2; }
done
group="rg-$ENVIRONMENT-platform"
namespace="$(az eventhubs namespace list --resource-group "$group" --query '[0].name' --output tsv)"
identity="id-$ENVIRONMENT-$TEAM"
identity_group="rg-$ENVIRONMENT-$TEAM"
[[ -n "$namespace" ]] || { echo "$group has no Event Hubs namespace: deploy bicep/main.bicep first" >&2; exit 2; }
schema_group="$(jq -r .schemaGroup.name "$here/../bus.json")"
