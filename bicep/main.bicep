// The whole platform: one group for what is shared, one for each team's app. Everything that the bus declares comes
// from bus.json; everything that differs between environments is a parameter here.
targetScope = 'subscription'

import { accountOf, groupOf, identityOf, tokenOf, workspaceOf } from 'names.bicep'

@description('Short name of the environment; part of every name.')
@minLength(2)
@maxLength(16)
param environmentName string

@description('Region of everything.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of whoever deploys; it may name the capture container and register schemas.')
param principalId string = ''

@allowed(['ServicePrincipal', 'User'])
param principalType string = 'ServicePrincipal'

@description('Object id of the identity by which other teams\' repositories deploy; bootstrap.bicep makes it. Empty for none.')
param teamDeployerId string = ''

@description('Tier of the bus. Standard and Premium cannot be exchanged later.')
@allowed(['Standard', 'Premium'])
param brokerTier string = 'Standard'

@description('Throughput units (Standard) or processing units (Premium: 1, 2, 4, 6, 8, 10, 12 or 16) at rest.')
@minValue(1)
@maxValue(40)
param brokerUnits int = 1

@description('What auto-inflate may raise the units to; Standard only.')
@minValue(1)
@maxValue(40)
param brokerMaximumUnits int = 4

@description('How long a hub keeps its events. Standard keeps them for seven days at most, whatever is asked.')
@minValue(1)
@maxValue(2160)
param retentionHours int = 168

@description('Copies of business tables and files: within a region, or over zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS'])
param dataSku string = 'Standard_ZRS'

@description('Copies of captured events. The archive tier does not exist on accounts that are spread over zones.')
@allowed(['Standard_LRS', 'Standard_GRS'])
param capturedSku string = 'Standard_LRS'

@description('Days until a captured file becomes cool, is archived, is deleted. Deletion must lie after immutability.')
param ageing { cool: int, archive: int, delete: int } = { cool: 30, archive: 180, delete: 2555 }

@minValue(1)
param immutabilityDays int = 7

param filesDeleteAfterDays int = 365
param maximumInstances int = 40
param instanceMemoryMB int = 2048
param quoteAbandonedAfterDays int = 14
param sweepSchedule string = '*/15 * * * * *'
param filesSchedule string = '*/30 * * * * *'
param dueSchedule string = '0 */5 * * * *'
param lakeSchedule string = '0 */5 * * * *'

@description('Reach storage, bus and vaults by private addresses only.')
param privateNetworking bool = false

@description('Put CanNotDelete locks on the bus and on accounts that hold data.')
param locks bool = false

param purgeProtection bool = false

@description('Rules of location and tags: enforced, or only reported.')
@allowed(['Default', 'DoNotEnforce'])
param policyEnforcement string = 'DoNotEnforce'

@description('Assign the rule over resource groups to the whole subscription. Only where the subscription is ours alone.')
param governSubscription bool = false

@description('Addresses of the private network; other than those of networks that it is joined to.')
param networkPrefix string = '10.40.0.0/22'

param allowedLocations string[] = [location]

@description('Who is told of alerts and budgets, with commas between; empty for nobody.')
param operatorEmails string = ''

param monthlyBudget int = 200

@description('Groups whose budget began before this month, as group=2026-11-01 with commas between; pipelines/budget-starts.sh asks.')
param budgetStarts string = ''

@description('When a budget begins that is not there yet.')
param thisMonth string = utcNow('yyyy-MM-01')

param logRetentionDays int = 30
param logDailyQuotaGb int = 1

var emails = filter(split(operatorEmails, ','), email => !empty(email))
var bus = loadJsonContent('../bus.json')
var hubs = items(bus.hubs)
var fileContainers = filter(items(bus.containers), entry => entry.value.owner != 'platform')

// The platform's own apps, and what each may: hubs, tables and schemas are read as a whole, containers by name.
var platformApps = items(bus.apps)
var platformDomains = map(platformApps, app => app.key)
var written = flatten(map(
  platformApps,
  app => map(app.value.writes, name => { container: name, writer: identityNames[app.key] })
))
var capturedUsers = map(
  filter(platformApps, app => !empty(filter(
    union(app.value.reads, app.value.writes),
    name => contains(bus.containers, name)
  ))),
  app => app.key
)
var capturedContainer = bus.capture.container
var views = flatten(map(
  hubs,
  hub => map(hub.value.consumerGroups, reader => { hub: hub.key, reader: reader })
))

// An app for each domain that owns a hub, reads one, or keeps a table; and the platform's own.
var teamDomains = union(
  map(hubs, hub => hub.value.owner),
  map(views, view => view.reader),
  map(items(bus.tables), table => table.value.owner)
)
var domains = union(teamDomains, platformDomains)
var teams = union(['platform'], teamDomains)
var fileOwners = map(fileContainers, entry => entry.value.owner)

var tags = { 'azd-env-name': environmentName, team: 'platform' }
var tagsOf = toObject(domains, domain => domain, domain => {
  'azd-env-name': environmentName
  team: contains(platformDomains, domain) ? 'platform' : domain
})
var platformGroupName = groupOf(environmentName, 'platform')
var token = tokenOf(subscription().id, environmentName, location, 'platform')
var identityNames = toObject(domains, domain => domain, domain => {
  name: identityOf(environmentName, domain)
  group: groupOf(environmentName, domain)
})
var identities = map(domains, domain => identityNames[domain])
var readsOf = toObject(domains, domain => domain, domain => bus.apps[?domain].?reads ?? ['hubs', 'tables', 'schemas'])
var schemaReaders = map(filter(domains, domain => contains(readsOf[domain], 'schemas')), domain => identityNames[domain])
var hubWatchers = map(filter(platformApps, app => contains(app.value.reads, 'hubs')), app => identityNames[app.key])
var tableWatchers = map(filter(platformApps, app => contains(app.value.reads, 'tables')), app => identityNames[app.key])
var capturedReaders = map(
  filter(platformApps, app => contains(app.value.reads, capturedContainer)),
  app => identityNames[app.key]
)

var namespaceName = 'evhns-${token}'
var captureIdentityName = identityOf(environmentName, 'capture')
var tableAccountName = accountOf('state', token)
var fileAccountName = accountOf('files', token)
var capturedAccountName = accountOf('captured', token)
var publicAccess = !privateNetworking

// What a team's rules read beside the shared services.
var teamSettings = {
  customer: {
    DUE_SCHEDULE: dueSchedule
    QUOTE_ABANDONED_AFTER_DAYS: string(quoteAbandonedAfterDays)
  }
  conversions: { FILES_SCHEDULE: filesSchedule }
  lake: { LAKE_SCHEDULE: lakeSchedule }
}
var everyTeamsSettings = { SWEEP_SCHEDULE: sweepSchedule }
var settingsOf = toObject(
  domains,
  domain => domain,
  domain => union(contains(teamDomains, domain) ? everyTeamsSettings : {}, teamSettings[?domain] ?? {})
)

// A team's files are in the files account; the platform's apps work beside what was captured.
var filesOf = toObject(
  domains,
  domain => domain,
  domain => contains(fileOwners, domain) ? 'files' : contains(capturedUsers, domain) ? 'captured' : 'none'
)

module foundation 'modules/foundation.bicep' = {
  name: 'foundation-${environmentName}'
  params: {
    environmentName: environmentName
    location: location
    domains: domains
    tags: tags
    tagsOf: tagsOf
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: resourceGroup(platformGroupName)
  params: {
    workspaceName: workspaceOf(token)
    componentName: 'appi-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
    publishers: identities
  }
  dependsOn: [foundation]
}

module stores 'modules/stores.bicep' = {
  name: 'stores'
  scope: resourceGroup(platformGroupName)
  params: {
    location: location
    tags: tags
    publicAccess: publicAccess
    workspaceId: monitoring.outputs.workspaceId
    dataSku: dataSku
    capturedSku: capturedSku
    ageing: ageing
    filesDeleteAfterDays: filesDeleteAfterDays
    tableAccountName: tableAccountName
    fileAccountName: fileAccountName
    capturedAccountName: capturedAccountName
    captureIdentityName: captureIdentityName
    capturedContainer: capturedContainer
    fileContainers: toObject(fileContainers, entry => entry.key, entry => entry.value)
    tableOwners: bus.tables
    owners: identityNames
    capturedReaders: capturedReaders
    written: written
    tableWatchers: tableWatchers
    deployer: principalId
    deployerType: principalType
    teamDeployer: teamDeployerId
  }
  dependsOn: [foundation]
}

module broker 'modules/bus.bicep' = {
  name: 'bus'
  scope: resourceGroup(platformGroupName)
  params: {
    namespaceName: namespaceName
    location: location
    tags: tags
    tier: brokerTier
    units: brokerUnits
    maximumUnits: brokerMaximumUnits
    retentionHours: brokerTier == 'Standard' ? min(retentionHours, 168) : retentionHours
    publicAccess: publicAccess
    workspaceId: monitoring.outputs.workspaceId
    schemaGroup: bus.schemaGroup
    hubs: hubs
    views: views
    identityNames: identityNames
    schemaReaders: schemaReaders
    watchers: hubWatchers
    capture: {
      accountName: capturedAccountName
      containerName: capturedContainer
      identityName: captureIdentityName
    }
    immutabilityDays: immutabilityDays
    schemaPublisher: principalId
    schemaPublisherType: principalType
  }
  dependsOn: [stores]
}

module network 'modules/private.bicep' = if (privateNetworking) {
  name: 'private'
  scope: resourceGroup(platformGroupName)
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    namespaceId: broker.outputs.namespaceId
    tableAccountId: stores.outputs.tableAccountId
    fileAccountId: stores.outputs.fileAccountId
    capturedAccountId: stores.outputs.capturedAccountId
    prefix: networkPrefix
  }
}

module apps 'modules/team.bicep' = [
  for domain in domains: {
    name: 'app-${domain}'
    scope: resourceGroup(groupOf(environmentName, domain))
    params: {
      domain: domain
      location: location
      tags: tagsOf[domain]
      token: tokenOf(subscription().id, environmentName, location, domain)
      identityName: identityOf(environmentName, domain)
      shared: {
        tableEndpoint: stores.outputs.tableEndpoint
        blobEndpoint: filesOf[domain] == 'captured' ? stores.outputs.capturedEndpoint : stores.outputs.blobEndpoint
        queueEndpoint: stores.outputs.queueEndpoint
        busEndpoint: broker.outputs.endpoint
        telemetryEndpoint: monitoring.outputs.telemetryEndpoint
      }
      workspaceId: monitoring.outputs.workspaceId
      teamSettings: settingsOf[domain]
      reads: readsOf[domain]
      files: filesOf[domain]
      publicAccess: publicAccess
      subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
      endpointSubnetId: privateNetworking ? network!.outputs.endpointSubnetId : ''
      zoneGroup: platformGroupName
      hostSku: 'Standard_LRS'
      maximumInstances: maximumInstances
      instanceMemoryMB: instanceMemoryMB
      purgeProtection: purgeProtection
    }
  }
]

module operations 'modules/operations.bicep' = {
  name: 'operations'
  scope: resourceGroup(platformGroupName)
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    namespaceId: broker.outputs.namespaceId
    operatorEmails: emails
    locked: locks
    namespaceName: namespaceName
    accountNames: [tableAccountName, fileAccountName, capturedAccountName]
  }
  dependsOn: [stores]
}

module governance 'modules/governance.bicep' = {
  name: 'governance-${environmentName}'
  params: {
    location: location
    groupNames: union([platformGroupName], map(domains, domain => groupOf(environmentName, domain)))
    teams: teams
    allowedLocations: allowedLocations
    enforcement: policyEnforcement
    governSubscription: governSubscription
    monthlyBudget: monthlyBudget
    budgetStarts: toObject(
      filter(split(budgetStarts, ','), pair => contains(pair, '=')),
      pair => split(pair, '=')[0],
      pair => split(pair, '=')[1]
    )
    thisMonth: thisMonth
    contactEmails: emails
    actionGroupId: operations.outputs.actionGroupId
  }
  dependsOn: [foundation]
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = platformGroupName
output AZURE_RESOURCE_GROUP_PREFIX string = 'rg-${environmentName}'
output BUS_NAMESPACE string = broker.outputs.endpoint
output STATE_ACCOUNT string = tableAccountName
output FILES_ACCOUNT string = fileAccountName
output CAPTURED_ACCOUNT string = capturedAccountName
output DOMAINS string[] = domains
output APP_NAMES string[] = [for (domain, i) in domains: apps[i].outputs.appName]
