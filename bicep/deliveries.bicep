// Event Grid's word that a file was dropped, to the blob triggers that wait for it. Deployed after the apps are
// published, because the host makes the key of its webhook when it first starts with a blob trigger. The key goes from the
// app's vault to Event Grid inside the deployment engine: no person, pipeline, parameter file or output holds it.
targetScope = 'subscription'

import { accountOf, appOf, groupOf, operatorsGroup, tokenOf, vaultOf, workspaceOf } from 'names.bicep'

param environmentName string
param location string

var deliveries = loadJsonContent('deliveries.json')
var token = tokenOf(subscription().id, environmentName, location, 'platform')

resource vaults 'Microsoft.KeyVault/vaults@2024-11-01' existing = [
  for delivery in deliveries: {
    scope: resourceGroup(groupOf(environmentName, delivery.domain))
    name: vaultOf(delivery.domain, tokenOf(subscription().id, environmentName, location, delivery.domain))
  }
]

module topic 'modules/file-topic.bicep' = {
  name: 'file-topic'
  scope: resourceGroup(groupOf(environmentName, 'platform'))
  params: {
    accountName: accountOf('files', token)
    location: location
    tags: { 'azd-env-name': environmentName, team: 'platform' }
    workspaceName: workspaceOf(token)
    actionGroupName: operatorsGroup
  }
}

module subscriptions 'modules/file-subscription.bicep' = [
  for (delivery, i) in deliveries: {
    name: 'file-subscription-${delivery.container}'
    scope: resourceGroup(groupOf(environmentName, 'platform'))
    params: {
      topicName: topic.outputs.name
      accountName: accountOf('files', token)
      container: delivery.container
      functionName: delivery.function
      hostName: '${appOf(delivery.domain, tokenOf(subscription().id, environmentName, location, delivery.domain))}.azurewebsites.net'
      // The name under which the host keeps the key `blobs_extension`; 095 is the code of the underscore.
      webhookKey: vaults[i].getSecret('host--systemKey--blobs-095extension')
    }
  }
]
