// Everything that one team's app needs in the team's own resource group: host account, vault, plan and app.
import { sharedServices } from '../types.bicep'
import { accountOf, appOf, vaultOf } from '../names.bicep'

param domain string
param location string
param tags object
param token string
param identityName string
param shared sharedServices
param workspaceId string

@description('Settings that this team\'s rules and triggers read.')
param teamSettings object

@description('Shared services that the app is told of: hubs, tables, schemas.')
param reads string[]

@description('Account of the app\'s containers: of partners\' files, of captured events, or none.')
@allowed(['none', 'files', 'captured'])
param files string

param publicAccess bool
param subnetId string
param endpointSubnetId string
param zoneGroup string
param hostSku string
param maximumInstances int
param instanceMemoryMB int
param purgeProtection bool

var hostAccountName = accountOf('host', token)
var packageContainer = 'packages'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

module hostAccount 'account.bicep' = {
  name: 'host-account'
  params: {
    name: hostAccountName
    location: location
    tags: tags
    sku: hostSku
    publicAccess: publicAccess
    services: ['blob', 'queue', 'table']
    workspaceId: workspaceId
  }
}

module hostStorage 'host-storage.bicep' = {
  name: 'host-storage'
  params: {
    accountName: hostAccountName
    identityName: identityName
    packageContainer: packageContainer
  }
  dependsOn: [hostAccount]
}

module vault 'vault.bicep' = {
  name: 'vault'
  params: {
    name: vaultOf(domain, token)
    location: location
    tags: tags
    identityName: identityName
    publicAccess: publicAccess
    workspaceId: workspaceId
    purgeProtection: purgeProtection
  }
}

var tableSettings = {
  STATE__tableServiceUri: shared.tableEndpoint
  STATE__credential: 'managedidentity'
  STATE__clientId: identity.properties.clientId
}

var hubSettings = {
  EVENTS__fullyQualifiedNamespace: shared.busEndpoint
  EVENTS__credential: 'managedidentity'
  EVENTS__clientId: identity.properties.clientId
}

var schemaSettings = {
  SCHEMAS__fullyQualifiedNamespace: shared.busEndpoint
  SCHEMAS__credential: 'managedidentity'
  SCHEMAS__clientId: identity.properties.clientId
}

var blobSettings = {
  FILES__blobServiceUri: shared.blobEndpoint
  FILES__credential: 'managedidentity'
  FILES__clientId: identity.properties.clientId
}

// Where the host is told of files, and puts those that failed.
var noticeSettings = {
  FILES__queueServiceUri: shared.queueEndpoint
}

module app 'app.bicep' = {
  name: 'app'
  params: {
    name: appOf(domain, token)
    planName: 'plan-${domain}-${token}'
    location: location
    tags: tags
    domain: domain
    identityName: identityName
    hostAccountName: hostAccountName
    packageContainer: packageContainer
    vaultUri: vault.outputs.uri
    workspaceId: workspaceId
    settings: union(
      contains(reads, 'tables') ? tableSettings : {},
      contains(reads, 'hubs') ? hubSettings : {},
      contains(reads, 'schemas') ? schemaSettings : {},
      files == 'none' ? {} : blobSettings,
      files == 'files' ? noticeSettings : {},
      teamSettings
    )
    telemetryEndpoint: shared.telemetryEndpoint
    subnetId: subnetId
    maximumInstances: maximumInstances
    instanceMemoryMB: instanceMemoryMB
  }
  dependsOn: [hostStorage]
}

module endpoints 'endpoints.bicep' = if (!publicAccess) {
  name: 'endpoints'
  params: {
    location: location
    tags: tags
    subnetId: endpointSubnetId
    zoneGroup: zoneGroup
    zoneNames: loadJsonContent('../zones.json')
    targets: [
      { name: '${domain}-host-blob', resourceId: hostAccount.outputs.id, service: 'blob' }
      { name: '${domain}-host-queue', resourceId: hostAccount.outputs.id, service: 'queue' }
      { name: '${domain}-host-table', resourceId: hostAccount.outputs.id, service: 'table' }
      { name: '${domain}-vault', resourceId: vault.outputs.id, service: 'vault' }
    ]
  }
}

output appName string = app.outputs.name
output hostName string = app.outputs.hostName
