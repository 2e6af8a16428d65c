// The container that capture writes, before any hub that names it: container, the writer's right, ageing.
import { identityReference } from '../types.bicep'

param accountName string
param containerName string
param writerName string

@description('Identities that may read what was captured.')
param readers identityReference[]

@description('Object id of whoever deploys hubs: Azure lets only a writer of the container name it in a hub.')
param deployer string

@allowed(['ServicePrincipal', 'User'])
param deployerType string

@description('Object id of what deploys for teams with a repository of their own; empty for none.')
param teamDeployer string

@description('The other containers of the account: what is written over there is kept for two weeks.')
param written string[]

@description('Days until a file moves to the cool tier, to the archive, and is deleted.')
param ageing { cool: int, archive: int, delete: int }

var roles = loadJsonContent('../roles.json')

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

// Immutable by version: a file that is put again becomes a new version, where a container-wide policy would refuse
// the put and with it every later deployment of the hub.
resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: containerName
  properties: {
    publicAccess: 'None'
    immutableStorageWithVersioning: {
      enabled: true
    }
  }
}

resource writer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: writerName
}

resource mayWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: container
  name: guid(container.id, writer.id, roles.storageBlobDataContributor)
  properties: {
    principalId: writer.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource mayLink 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployer)) {
  scope: container
  name: guid(container.id, deployer, roles.storageBlobDataContributor)
  properties: {
    principalId: deployer
    principalType: deployerType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource teamMayLink 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(teamDeployer)) {
  scope: container
  name: guid(container.id, teamDeployer, roles.storageBlobDataContributor)
  properties: {
    principalId: teamDeployer
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource readerIdentities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for reader in readers: {
    scope: resourceGroup(reader.group)
    name: reader.name
  }
]

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (reader, i) in readers: {
    scope: container
    name: guid(container.id, readerIdentities[i].id, roles.storageBlobDataReader)
    properties: {
      principalId: readerIdentities[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
    }
  }
]

var captured = {
  name: 'captured-events-grow-old'
  enabled: true
  type: 'Lifecycle'
  definition: {
    filters: {
      blobTypes: ['blockBlob']
      prefixMatch: ['${containerName}/']
    }
    actions: {
      baseBlob: {
        tierToCool: {
          daysAfterModificationGreaterThan: ageing.cool
        }
        tierToArchive: {
          daysAfterModificationGreaterThan: ageing.archive
        }
        delete: {
          daysAfterModificationGreaterThan: ageing.delete
        }
      }
      version: {
        delete: {
          daysAfterCreationGreaterThan: ageing.delete
        }
      }
    }
  }
}

var lake = {
  name: 'the-lake-forgets-what-was-replaced'
  enabled: true
  type: 'Lifecycle'
  definition: {
    filters: {
      blobTypes: ['blockBlob']
      prefixMatch: map(written, name => '${name}/')
    }
    actions: {
      version: {
        delete: {
          daysAfterCreationGreaterThan: 14
        }
      }
    }
  }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: concat([captured], empty(written) ? [] : [lake])
    }
  }
}

output containerId string = container.id
