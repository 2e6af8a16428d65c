// The rule over resource groups reaches the whole subscription, so it is assigned only where that is ours.
targetScope = 'subscription'

param teams string[]
param policyId string

@allowed(['Default', 'DoNotEnforce'])
param enforcement string

resource teamTag 'Microsoft.Authorization/policyAssignments@2025-01-01' = {
  name: 'team-tag-on-groups'
  properties: {
    displayName: 'A resource group names its team'
    policyDefinitionId: policyId
    enforcementMode: enforcement
    parameters: { teams: { value: teams } }
    nonComplianceMessages: [{ message: 'Give the group the tag team with one of: ${join(teams, ', ')}.' }]
  }
}
