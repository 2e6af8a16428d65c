// Locked, private, spread over zones, captured events copied to a second region.
using '../main.bicep'

param environmentName = 'live'
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param brokerUnits = 2
param brokerMaximumUnits = 10
param capturedSku = 'Standard_GRS'
param immutabilityDays = 30
param privateNetworking = true
param locks = true
param purgeProtection = true
param policyEnforcement = 'Default'
param logRetentionDays = 90
param logDailyQuotaGb = 10
param monthlyBudget = 1000
param maximumInstances = 100
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param operatorEmails = readEnvironmentVariable('OPERATOR_EMAILS', '')
param budgetStarts = readEnvironmentVariable('BUDGET_STARTS', '')
param teamDeployerId = readEnvironmentVariable('TEAM_DEPLOYER_ID', '')
