// What must wake somebody: lag, an outbox that ages, parked events, a silent app or capture, throttling, blindness.
import { operatorsGroup } from '../names.bicep'

param location string
param tags object
param workspaceId string
param namespaceId string

@description('Where alerts are sent; empty for none.')
param operatorEmails string[]

@description('Alerts over the app\'s own metrics: name of the metric, bound, and what it means.')
param metricAlerts { name: string, metric: string, above: int, meaning: string, severity: int }[]

@description('Alerts over what was logged: a query that finds nothing while all is well, over a window.')
param logAlerts { name: string, query: string, window: string, meaning: string, severity: int }[]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: operatorsGroup
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'operators'
    enabled: true
    emailReceivers: [
      for (email, i) in operatorEmails: {
        name: 'operator-${i}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource overMetric 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in metricAlerts: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      description: alert.meaning
      enabled: true
      severity: alert.severity
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      // The table does not exist before the first telemetry arrives, and the rule must deploy before it.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: 'AppMetrics | where Name == "${alert.metric}" | summarize worst = max(Max) by AppRoleName'
            metricMeasureColumn: 'worst'
            timeAggregation: 'Maximum'
            operator: 'GreaterThan'
            threshold: alert.above
            dimensions: [{ name: 'AppRoleName', operator: 'Include', values: ['*'] }]
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [operators.id]
      }
    }
  }
]

resource overLog 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      description: alert.meaning
      enabled: true
      severity: alert.severity
      scopes: [workspaceId]
      evaluationFrequency: 'PT15M'
      windowSize: alert.window
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: replace(alert.query, 'NAMESPACE', namespaceId)
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [operators.id]
      }
    }
  }
]

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'bus-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'The namespace refuses requests: raise the maximum of throughput units.'
    enabled: true
    severity: 2
    scopes: [namespaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.EventHub/namespaces'
          metricName: 'ThrottledRequests'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [{ actionGroupId: operators.id }]
  }
}

output actionGroupId string = operators.id
