// One workspace for every log and metric, and Application Insights that takes telemetry from identities only.
import { identityReference } from '../types.bicep'

param workspaceName string
param componentName string
param location string
param tags object

@minValue(30)
param retentionDays int

@description('Upper bound on ingestion a day, in GB; -1 for none.')
param dailyQuotaGb int

@description('Identities of the apps that send telemetry.')
param publishers identityReference[]

var roles = loadJsonContent('../roles.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for publisher in publishers: {
    scope: resourceGroup(publisher.group)
    name: publisher.name
  }
]

resource maySend 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (publisher, i) in publishers: {
    scope: component
    name: guid(component.id, identities[i].id, roles.monitoringMetricsPublisher)
    properties: {
      principalId: identities[i].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.monitoringMetricsPublisher
      )
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: workspace
  name: 'all'
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output workspaceId string = workspace.id
output componentId string = component.id
@description('Says where telemetry goes; it opens nothing, since the component takes identities only.')
output telemetryEndpoint string = component.properties.ConnectionString
