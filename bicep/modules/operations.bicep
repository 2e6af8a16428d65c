// What people look at and are woken by, and the locks that keep them from removing data by mistake.

param environmentName string
param location string
param tags object
param workspaceId string
param namespaceId string
param operatorEmails string[]
param locked bool
param namespaceName string
param accountNames string[]

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    location: location
    tags: tags
    workspaceId: workspaceId
    namespaceId: namespaceId
    operatorEmails: operatorEmails
    metricAlerts: loadJsonContent('../alerts.json')
    logAlerts: loadJsonContent('../log-alerts.json')
  }
}

module workbook 'workbook.bicep' = {
  name: 'workbook'
  params: {
    location: location
    tags: tags
    workspaceId: workspaceId
    displayName: 'The bus (${environmentName})'
  }
}

module locks 'lock.bicep' = if (locked) {
  name: 'locks'
  params: {
    namespaceName: namespaceName
    accountNames: accountNames
  }
}

output actionGroupId string = alerts.outputs.actionGroupId
