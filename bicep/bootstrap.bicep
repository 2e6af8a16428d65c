// Done once by an owner of the subscription: the identities of the pipelines, trusted by name of repository and
// environment, with no secret anywhere. Ours deploys everything and may give away the roles of roles.json; that of the
// teams with a repository of their own may make hubs and consumer groups, and give the rights to use them.
targetScope = 'subscription'

param location string

@description('GitHub repository as owner/name whose environments may deploy; empty for none.')
param repository string = ''

@description('GitHub repositories of other teams, as owner/name, that may add hubs and consumer groups.')
param teamRepositories string[] = []

@description('Environments, as the pipelines name them.')
param environments string[] = ['dev', 'qa', 'live']

var roles = loadJsonContent('roles.json')
var may = loadJsonContent('deployer-roles.json')
var plain = [may.contributor, may.resourcePolicyContributor, may.locksContributor]
var joining = loadJsonContent('join-role.json')
var joinerGives = loadJsonContent('join-gives.json')
var groupName = 'rg-deploy'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupName
  location: location
  tags: { team: 'platform' }
}

module deployer 'modules/deployer.bicep' = {
  name: 'deployer'
  scope: group
  params: {
    name: 'id-deployer'
    location: location
    tags: { team: 'platform' }
    repositories: empty(repository) ? [] : [repository]
    environments: environments
  }
}

module teamDeployer 'modules/deployer.bicep' = {
  name: 'team-deployer'
  scope: group
  params: {
    name: 'id-team-deployer'
    location: location
    tags: { team: 'platform' }
    repositories: teamRepositories
    environments: environments
  }
}

resource mayDeploy 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in plain: {
    name: guid(subscription().id, groupName, role)
    properties: {
      principalId: deployer.outputs.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource joiner 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, joining.name)
  properties: {
    roleName: joining.name
    description: joining.description
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [{ actions: joining.actions }]
  }
}

resource mayJoin 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, groupName, joiner.id)
  properties: {
    principalId: teamDeployer.outputs.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: joiner.id
  }
}

module deployerGives 'modules/role-giver.bicep' = {
  name: 'deployer-gives'
  params: {
    principalId: deployer.outputs.principalId
    roleIds: map(items(roles), role => role.value)
  }
}

module teamDeployerGives 'modules/role-giver.bicep' = {
  name: 'team-deployer-gives'
  params: {
    principalId: teamDeployer.outputs.principalId
    roleIds: map(joinerGives, role => roles[role])
  }
}

output clientId string = deployer.outputs.clientId
output principalId string = deployer.outputs.principalId
output teamClientId string = teamDeployer.outputs.clientId
output teamPrincipalId string = teamDeployer.outputs.principalId
