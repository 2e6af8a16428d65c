// The Event Hubs namespace and its one schema group. No key can be made here: local authentication is off.
import { identityReference } from '../types.bicep'

param name string
param location string
param tags object

@description('Standard holds five hubs cheaply; Premium isolates. The tier cannot be changed later.')
@allowed(['Standard', 'Premium'])
param tier string

@description('Throughput units (Standard) or processing units (Premium) at rest.')
param units int

@description('Upper bound that auto-inflate may reach; Standard only.')
param maximumUnits int

param publicAccess bool
param captureIdentityName string
param schemaGroup { name: string, compatibility: 'Backward' | 'Forward' | 'None' }

@description('Identities of the apps that look schemas up.')
param schemaReaders identityReference[]

@description('Object id of the principal that registers schemas when it deploys; empty for none.')
param schemaPublisher string

@allowed(['ServicePrincipal', 'User'])
param schemaPublisherType string

param workspaceId string

var roles = loadJsonContent('../roles.json')

resource captureIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: captureIdentityName
}

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: tier
    tier: tier
    capacity: units
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${captureIdentity.id}': {}
    }
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    zoneRedundant: true
    isAutoInflateEnabled: tier == 'Standard'
    maximumThroughputUnits: tier == 'Standard' ? max(maximumUnits, units) : 0
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource schemas 'Microsoft.EventHub/namespaces/schemagroups@2024-01-01' = {
  parent: namespace
  name: schemaGroup.name
  properties: {
    schemaType: 'Avro'
    schemaCompatibility: schemaGroup.compatibility
  }
}

resource readerIdentities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for reader in schemaReaders: {
    scope: resourceGroup(reader.group)
    name: reader.name
  }
]

resource mayReadSchemas 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (reader, i) in schemaReaders: {
    scope: schemas
    name: guid(schemas.id, readerIdentities[i].id, roles.schemaRegistryReader)
    properties: {
      principalId: readerIdentities[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.schemaRegistryReader)
    }
  }
]

resource mayRegisterSchemas 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(schemaPublisher)) {
  scope: schemas
  name: guid(schemas.id, schemaPublisher, roles.schemaRegistryContributor)
  properties: {
    principalId: schemaPublisher
    principalType: schemaPublisherType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.schemaRegistryContributor)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'all'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output namespaceId string = namespace.id
output endpoint string = '${namespace.name}.servicebus.windows.net'
