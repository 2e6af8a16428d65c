// Business state: a table for each team in one account, and each team's right to its own table only.
import { identityReference } from '../types.bicep'

param accountName string

@description('Tables by name, as declared: who owns each.')
param tables object

@description('Identities of the owners, by team.')
param owners object

@description('Identities that may read every table: the console of the operators.')
param readers identityReference[]

var roles = loadJsonContent('../roles.json')
var declared = items(tables)

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource service 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for entry in declared: {
    parent: service
    name: entry.key
  }
]

resource ownerIdentities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for entry in declared: {
    scope: resourceGroup(owners[entry.value.owner].group)
    name: owners[entry.value.owner].name
  }
]

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (entry, i) in declared: {
    scope: table[i]
    name: guid(table[i].id, ownerIdentities[i].id, roles.storageTableDataContributor)
    properties: {
      principalId: ownerIdentities[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageTableDataContributor
      )
    }
  }
]

resource readerIdentities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for reader in readers: {
    scope: resourceGroup(reader.group)
    name: reader.name
  }
]

// Every table of the account belongs to the bus, and a console that shows all of them may read the account.
resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (reader, i) in readers: {
    scope: account
    name: guid(account.id, readerIdentities[i].id, roles.storageTableDataReader)
    properties: {
      principalId: readerIdentities[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageTableDataReader)
    }
  }
]
