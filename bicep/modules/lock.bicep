// Guards what holds data against removal by mistake. Off by default: a lock stops `azd down`, and a
// deployment without it does not take it away again.

param namespaceName string
param accountNames string[]

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = [
  for name in accountNames: {
    name: name
  }
]

resource busLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: namespace
  name: 'keep'
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the bus of every team. pipelines/tear-down.sh removes it.'
  }
}

resource accountLocks 'Microsoft.Authorization/locks@2020-05-01' = [
  for (name, i) in accountNames: {
    scope: account[i]
    name: 'keep'
    properties: {
      level: 'CanNotDelete'
      notes: 'Holds data of teams. pipelines/tear-down.sh removes it.'
    }
  }
]
