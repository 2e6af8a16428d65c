// One identity's right to look contracts up, for a team that joins from its own repository.
import { identityReference } from '../types.bicep'

param namespaceName string
param schemaGroupName string
param reader identityReference

var roles = loadJsonContent('../roles.json')

resource schemas 'Microsoft.EventHub/namespaces/schemagroups@2024-01-01' existing = {
  name: '${namespaceName}/${schemaGroupName}'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: resourceGroup(reader.group)
  name: reader.name
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: schemas
  name: guid(schemas.id, identity.id, roles.schemaRegistryReader)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.schemaRegistryReader)
  }
}
