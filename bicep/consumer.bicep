// A team's view of another team's hub: a consumer group named after the reader, and its right to receive.
// The right is on the hub, not the group: the Functions host asks the hub for its partitions.
import { identityReference } from 'types.bicep'

@description('Namespace of the bus, in the resource group of this deployment.')
param namespaceName string

@description('The hub to read.')
param hubName string

@description('Name of the consumer group: the team that reads.')
@minLength(1)
@maxLength(50)
param consumerGroup string

@description('Identity of the app that reads.')
param receiver identityReference

@description('Schema group that the receiver looks contracts up in; empty when it has that right already.')
param schemaGroupName string = ''

var roles = loadJsonContent('roles.json')

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = {
  name: '${namespaceName}/${hubName}'
}

resource receiverIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: resourceGroup(receiver.group)
  name: receiver.name
}

resource group 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: hub
  name: consumerGroup
  properties: {
    userMetadata: 'read by ${receiver.name}'
  }
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hub
  name: guid(hub.id, receiverIdentity.id, roles.eventHubsDataReceiver)
  properties: {
    principalId: receiverIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventHubsDataReceiver)
  }
}

module mayReadSchemas 'modules/schema-reader.bicep' = if (!empty(schemaGroupName)) {
  name: 'schemas-${hubName}-${receiver.name}'
  params: {
    namespaceName: namespaceName
    schemaGroupName: schemaGroupName
    reader: receiver
  }
}

output consumerGroupId string = group.id
