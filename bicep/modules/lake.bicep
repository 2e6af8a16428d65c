// What the platform's apps make of captured events: a container for each, which its app alone may write.
import { containerWriter } from '../types.bicep'

param accountName string

@description('Containers, each with its writer.')
param written containerWriter[]

var roles = loadJsonContent('../roles.json')

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for each in written: {
    parent: blobs
    name: each.container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource writers 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for each in written: {
    scope: resourceGroup(each.writer.group)
    name: each.writer.name
  }
]

resource mayWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (each, i) in written: {
    scope: container[i]
    name: guid(container[i].id, writers[i].id, roles.storageBlobDataContributor)
    properties: {
      principalId: writers[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageBlobDataContributor
      )
    }
  }
]
