// What must exist before any right can be given: a resource group and an identity for each app, and one for capture.
targetScope = 'subscription'

import { groupOf, identityOf } from '../names.bicep'

param environmentName string
param location string
param domains string[]

@description('Tags of what is shared.')
param tags object

@description('Tags by domain.')
param tagsOf object

resource platformGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupOf(environmentName, 'platform')
  location: location
  tags: tags
}

resource teamGroups 'Microsoft.Resources/resourceGroups@2024-03-01' = [
  for domain in domains: {
    name: groupOf(environmentName, domain)
    location: location
    tags: tagsOf[domain]
  }
]

module teamIdentities 'identity.bicep' = [
  for (domain, i) in domains: {
    name: 'identity-${domain}'
    scope: teamGroups[i]
    params: {
      name: identityOf(environmentName, domain)
      location: location
      tags: tagsOf[domain]
    }
  }
]

module captureIdentity 'identity.bicep' = {
  name: 'identity-capture'
  scope: platformGroup
  params: {
    name: identityOf(environmentName, 'capture')
    location: location
    tags: tags
  }
}
