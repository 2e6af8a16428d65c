// Files between partners and teams: the declared containers, and each owner's right to its own containers only.

param accountName string

@description('Containers by name, as declared: who owns each.')
param containers object

@description('Identities of the owners, by team.')
param owners object

@description('Days after which a file is removed; it has long become events by then.')
param deleteAfterDays int

var roles = loadJsonContent('../roles.json')
var declared = items(containers)
var teams = union(map(declared, entry => entry.value.owner), [])
var poisonQueue = 'webjobs-blobtrigger-poison'

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for entry in declared: {
    parent: blobs
    name: entry.key
    properties: {
      publicAccess: 'None'
    }
  }
]

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

// The host puts a file that failed five times here, and is given this queue only.
resource poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = {
  parent: queues
  name: poisonQueue
}

resource containerOwners 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for entry in declared: {
    scope: resourceGroup(owners[entry.value.owner].group)
    name: owners[entry.value.owner].name
  }
]

resource teamIdentities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for team in teams: {
    scope: resourceGroup(owners[team].group)
    name: owners[team].name
  }
]

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (entry, i) in declared: {
    scope: container[i]
    name: guid(container[i].id, containerOwners[i].id, roles.storageBlobDataContributor)
    properties: {
      principalId: containerOwners[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageBlobDataContributor
      )
    }
  }
]

resource mayPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (team, i) in teams: {
    scope: poison
    name: guid(poison.id, teamIdentities[i].id, roles.storageQueueDataContributor)
    properties: {
      principalId: teamIdentities[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageQueueDataContributor
      )
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'files-grow-old'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
            }
            actions: {
              baseBlob: {
                tierToCool: {
                  daysAfterModificationGreaterThan: 30
                }
                delete: {
                  daysAfterModificationGreaterThan: deleteAfterDays
                }
              }
              // The account keeps versions, so a deleted file lives on as one until its own day.
              version: {
                delete: {
                  daysAfterCreationGreaterThan: deleteAfterDays
                }
              }
            }
          }
        }
      ]
    }
  }
}
