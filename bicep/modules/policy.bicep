// The rules of one resource group: where its resources may be, and that each names a team.

param allowedLocations string[]
param teams string[]
param teamTagPolicyId string

@allowed(['Default', 'DoNotEnforce'])
param enforcement string

resource locations 'Microsoft.Authorization/policyAssignments@2025-01-01' = {
  name: 'allowed-locations'
  properties: {
    displayName: 'Resources stay in the agreed regions'
    policyDefinitionId: tenantResourceId(
      'Microsoft.Authorization/policyDefinitions',
      'e56962a6-4747-49cd-b67b-bf8b01975c4c'
    )
    enforcementMode: enforcement
    parameters: { listOfAllowedLocations: { value: union(allowedLocations, ['global']) } }
  }
}

resource teamTag 'Microsoft.Authorization/policyAssignments@2025-01-01' = {
  name: 'team-tag'
  properties: {
    displayName: 'A resource names its team'
    policyDefinitionId: teamTagPolicyId
    enforcementMode: enforcement
    parameters: { teams: { value: teams } }
    nonComplianceMessages: [{ message: 'Give the resource the tag team with one of: ${join(teams, ', ')}.' }]
  }
}
