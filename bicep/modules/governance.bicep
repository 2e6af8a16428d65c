// Rules and budgets over the resource groups of one environment.
targetScope = 'subscription'

param location string
param groupNames string[]
param teams string[]
param allowedLocations string[]
param enforcement string
param governSubscription bool
param monthlyBudget int

@description('When the budget of a group began, by group: Azure refuses to move that day.')
param budgetStarts object

@description('When one begins that is not there yet: Azure refuses to begin it in the past.')
param thisMonth string

param contactEmails string[]
param actionGroupId string

module definitions 'policy-definitions.bicep' = {
  name: 'policy-definitions-${location}'
}

module rules 'policy.bicep' = [
  for groupName in groupNames: {
    name: 'policy'
    scope: resourceGroup(groupName)
    params: {
      allowedLocations: allowedLocations
      teams: teams
      teamTagPolicyId: definitions.outputs.onResourcesId
      enforcement: enforcement
    }
  }
]

module budgets 'budget.bicep' = [
  for groupName in groupNames: {
    name: 'budget'
    scope: resourceGroup(groupName)
    params: {
      amount: monthlyBudget
      startDate: budgetStarts[?groupName] ?? thisMonth
      contactEmails: contactEmails
      actionGroupId: actionGroupId
    }
  }
]

module groupRule 'policy-groups.bicep' = if (governSubscription) {
  name: 'policy-groups-${location}'
  params: {
    teams: teams
    policyId: definitions.outputs.onGroupsId
    enforcement: enforcement
  }
}
