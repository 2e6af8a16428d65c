// The identity that pipelines deploy with, and the environments of repositories that it trusts.

param name string
param location string
param tags object
param repositories string[]
param environments string[]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

var trusted = flatten(map(repositories, repository => map(environments, environment => {
  repository: repository
  environment: environment
})))

// One at a time: Azure refuses two changes of an identity's trust at once.
@batchSize(1)
resource trust 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [
  for each in trusted: {
    parent: identity
    name: '${replace(each.repository, '/', '-')}-${each.environment}'
    properties: {
      issuer: 'https://token.actions.githubusercontent.com'
      subject: 'repo:${each.repository}:environment:${each.environment}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
