#!/usr/bin/env bash
# The same package to every team's app, as outputs.json names them; DOMAINS tells each which triggers are its own.
set -euo pipefail
command -v func > /dev/null || npm install --global --no-fund --no-audit azure-functions-core-tools@4.15.1
for app in $(jq -r '.APP_NAMES.value[]' outputs.json); do
  func azure functionapp publish "$app" --python
done
