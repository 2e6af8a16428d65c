// A team's hub: the hub, its capture into the lake, and the team's right to send to it and to nothing else.
// Deployed into the platform's resource group, by our main template or by a team's own pipeline.
import { identityReference, captureTarget } from 'types.bicep'

@description('Namespace of the bus, in the resource group of this deployment.')
param namespaceName string

@description('Name of the hub: the aggregate whose events it carries.')
@minLength(1)
@maxLength(50)
param hubName string

@description('Partitions; on the Standard tier the number is fixed once the hub exists.')
@minValue(1)
@maxValue(32)
param partitions int

@description('Identity of the app that raises this hub\'s events.')
param sender identityReference

@description('Where the hub is captured to.')
param capture captureTarget

@description('How long events stay readable in the hub.')
@minValue(1)
param retentionHours int = 168

@description('Schema group that the sender looks contracts up in; empty when it has that right already.')
param schemaGroupName string = ''

var roles = loadJsonContent('roles.json')
var captured = loadJsonContent('../bus.json').capture

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource captureAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: capture.accountName
}

resource captureIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: capture.identityName
}

resource senderIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: resourceGroup(sender.group)
  name: sender.name
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: hubName
  properties: {
    partitionCount: partitions
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionHours
    }
    captureDescription: {
      enabled: true
      encoding: 'Avro'
      intervalInSeconds: captured.intervalInSeconds
      sizeLimitInBytes: captured.sizeLimitInBytes
      skipEmptyArchives: true
      destination: {
        name: 'EventHubArchive.AzureBlockBlob'
        identity: {
          type: 'UserAssigned'
          userAssignedIdentity: captureIdentity.id
        }
        properties: {
          storageAccountResourceId: captureAccount.id
          blobContainer: capture.containerName
          archiveNameFormat: captured.nameFormat
        }
      }
    }
  }
}

resource mayWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hub
  name: guid(hub.id, senderIdentity.id, roles.eventHubsDataSender)
  properties: {
    principalId: senderIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventHubsDataSender)
  }
}

module mayReadSchemas 'modules/schema-reader.bicep' = if (!empty(schemaGroupName)) {
  name: 'schemas-${hubName}-${sender.name}'
  params: {
    namespaceName: namespaceName
    schemaGroupName: schemaGroupName
    reader: sender
  }
}

output hubId string = hub.id
