// The right to give away some roles, to apps and to nobody else.
targetScope = 'subscription'

param principalId string

@description('Ids of the roles that it may give and take away.')
param roleIds string[]

var administrator = loadJsonContent('../deployer-roles.json').roleBasedAccessControlAdministrator
var given = join(roleIds, ', ')
var isRoleIn = 'RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${given}}'
var isAnApp = 'PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'}'
var mayWriteOnly = '(!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})) OR (@Request[Microsoft.Authorization/roleAssignments:${isRoleIn} AND @Request[Microsoft.Authorization/roleAssignments:${isAnApp})'
var mayDeleteOnly = '(!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})) OR (@Resource[Microsoft.Authorization/roleAssignments:${isRoleIn} AND @Resource[Microsoft.Authorization/roleAssignments:${isAnApp})'

resource mayGive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, administrator)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', administrator)
    conditionVersion: '2.0'
    condition: '(${mayWriteOnly}) AND (${mayDeleteOnly})'
  }
}
