// For trying things: smallest units, rules only reported, removed as easily as made.
using '../main.bicep'

param environmentName = 'dev'
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param dataSku = 'Standard_LRS'
param immutabilityDays = 1
param monthlyBudget = 100
param brokerMaximumUnits = 2
param maximumInstances = 40
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param operatorEmails = readEnvironmentVariable('OPERATOR_EMAILS', '')
param budgetStarts = readEnvironmentVariable('BUDGET_STARTS', '')
param teamDeployerId = readEnvironmentVariable('TEAM_DEPLOYER_ID', '')
