// Like live where behaviour is concerned, like dev where only size is.
using '../main.bicep'

param environmentName = 'qa'
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param policyEnforcement = 'Default'
param privateNetworking = true
param monthlyBudget = 200
param brokerMaximumUnits = 4
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param operatorEmails = readEnvironmentVariable('OPERATOR_EMAILS', '')
param budgetStarts = readEnvironmentVariable('BUDGET_STARTS', '')
param teamDeployerId = readEnvironmentVariable('TEAM_DEPLOYER_ID', '')
