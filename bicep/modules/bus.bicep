// The bus as declared: the namespace, a publisher for each hub, a consumer for each reader, and last of all the
// policy that keeps what was captured from change.
import { captureTarget, identityReference } from '../types.bicep'

param namespaceName string
param location string
param tags object
param tier string
param units int
param maximumUnits int
param retentionHours int
param publicAccess bool
param workspaceId string
param schemaGroup { name: string, compatibility: 'Backward' | 'Forward' | 'None' }

@description('Hubs as declared, and who reads which.')
param hubs { key: string, value: object }[]

param views { hub: string, reader: string }[]

@description('Identities by domain.')
param identityNames object

param schemaReaders identityReference[]

@description('Identities that may look at every hub: the operators\' console.')
param watchers identityReference[]

param capture captureTarget
param immutabilityDays int
param schemaPublisher string
param schemaPublisherType string

module broker 'broker.bicep' = {
  name: 'broker'
  params: {
    name: namespaceName
    location: location
    tags: tags
    tier: tier
    units: units
    maximumUnits: maximumUnits
    publicAccess: publicAccess
    captureIdentityName: capture.identityName
    schemaGroup: schemaGroup
    schemaReaders: schemaReaders
    schemaPublisher: schemaPublisher
    schemaPublisherType: schemaPublisherType
    workspaceId: workspaceId
  }
}

module publishers '../publisher.bicep' = [
  for hub in hubs: {
    name: 'publisher-${hub.key}'
    params: {
      namespaceName: namespaceName
      hubName: hub.key
      partitions: hub.value.partitions
      sender: identityNames[hub.value.owner]
      retentionHours: retentionHours
      capture: capture
    }
    dependsOn: [broker]
  }
]

module consumers '../consumer.bicep' = [
  for view in views: {
    name: 'consumer-${view.hub}-${view.reader}'
    params: {
      namespaceName: namespaceName
      hubName: view.hub
      consumerGroup: view.reader
      receiver: identityNames[view.reader]
    }
    dependsOn: [publishers]
  }
]

// Without a consumer group: it asks hubs how far they are, and reads no event.
module watching 'watcher.bicep' = [
  for hub in hubs: {
    name: 'watchers-${hub.key}'
    params: {
      namespaceName: namespaceName
      hubName: hub.key
      watchers: watchers
    }
    dependsOn: [publishers]
  }
]

module immutability 'immutability.bicep' = {
  name: 'immutability'
  params: {
    accountName: capture.accountName
    containerName: capture.containerName
    days: immutabilityDays
  }
  dependsOn: [publishers]
}

output namespaceId string = broker.outputs.namespaceId
output endpoint string = broker.outputs.endpoint
