// Who may ask one hub how far its partitions are. Of the roles that a hub lets in over AMQP, Receiver does the least:
// Sender could raise events, and there are no personal data to be read.
import { identityReference } from '../types.bicep'

param namespaceName string
param hubName string
param watchers identityReference[]

var roles = loadJsonContent('../roles.json')

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = {
  name: '${namespaceName}/${hubName}'
}

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for watcher in watchers: {
    scope: resourceGroup(watcher.group)
    name: watcher.name
  }
]

resource mayAsk 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (watcher, i) in watchers: {
    scope: hub
    name: guid(hub.id, identities[i].id, roles.eventHubsDataReceiver)
    properties: {
      principalId: identities[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventHubsDataReceiver)
    }
  }
]
