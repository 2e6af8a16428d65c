// The rule that every resource and group names its team, as two definitions of the subscription.
targetScope = 'subscription'

var effect = {
  type: 'String'
  metadata: { displayName: 'What happens to a request that breaks the rule' }
  allowedValues: ['Audit', 'Deny', 'Disabled']
  defaultValue: 'Deny'
}

var teams = {
  type: 'Array'
  metadata: { displayName: 'The teams there are' }
}

resource onResources 'Microsoft.Authorization/policyDefinitions@2025-01-01' = {
  name: 'team-tag-on-resources'
  properties: {
    displayName: 'A resource names its team'
    policyType: 'Custom'
    // Only kinds of resource that can carry a tag are looked at.
    mode: 'Indexed'
    parameters: { effect: effect, teams: teams }
    policyRule: {
      if: { field: 'tags[\'team\']', notIn: '[parameters(\'teams\')]' }
      then: { effect: '[parameters(\'effect\')]' }
    }
  }
}

resource onGroups 'Microsoft.Authorization/policyDefinitions@2025-01-01' = {
  name: 'team-tag-on-groups'
  properties: {
    displayName: 'A resource group names its team'
    policyType: 'Custom'
    mode: 'All'
    parameters: { effect: effect, teams: teams }
    policyRule: {
      if: {
        allOf: [
          { field: 'type', equals: 'Microsoft.Resources/subscriptions/resourceGroups' }
          { field: 'tags[\'team\']', notIn: '[parameters(\'teams\')]' }
        ]
      }
      then: { effect: '[parameters(\'effect\')]' }
    }
  }
}

output onResourcesId string = onResources.id
output onGroupsId string = onGroups.id
