// Where data rests: tables of the teams, files of the partners, captured events, each in an account of its own.
import { containerWriter, identityReference } from '../types.bicep'

param location string
param tags object
param publicAccess bool
param workspaceId string
param dataSku string
param capturedSku string
param ageing { cool: int, archive: int, delete: int }
param filesDeleteAfterDays int
param tableAccountName string
param fileAccountName string
param capturedAccountName string
param captureIdentityName string
param capturedContainer string

@description('Containers of the files account, as declared.')
param fileContainers object

@description('Tables, as declared.')
param tableOwners object

@description('Identities by domain.')
param owners object

@description('Identities that may read what was captured, and that may read every table.')
param capturedReaders identityReference[]
param tableWatchers identityReference[]

@description('Containers that the platform\'s apps write, each with its writer.')
param written containerWriter[]

param deployer string
param deployerType string
param teamDeployer string

module tableAccount 'account.bicep' = {
  name: 'account-state'
  params: {
    name: tableAccountName
    location: location
    tags: tags
    sku: dataSku
    publicAccess: publicAccess
    services: ['table']
    workspaceId: workspaceId
  }
}

module tables 'tables.bicep' = {
  name: 'tables'
  params: {
    accountName: tableAccountName
    tables: tableOwners
    owners: owners
    readers: tableWatchers
  }
  dependsOn: [tableAccount]
}

module fileAccount 'account.bicep' = {
  name: 'account-files'
  params: {
    name: fileAccountName
    location: location
    tags: tags
    sku: dataSku
    publicAccess: publicAccess
    services: ['blob', 'queue']
    workspaceId: workspaceId
    softDeleteDays: 14
    versioning: true
  }
}

module files 'files.bicep' = {
  name: 'files'
  params: {
    accountName: fileAccountName
    containers: fileContainers
    owners: owners
    deleteAfterDays: filesDeleteAfterDays
  }
  dependsOn: [fileAccount]
}

module capturedAccount 'account.bicep' = {
  name: 'account-captured'
  params: {
    name: capturedAccountName
    location: location
    tags: tags
    sku: capturedSku
    publicAccess: publicAccess
    services: ['blob']
    workspaceId: workspaceId
    softDeleteDays: 14
    versioning: true
  }
}

module captured 'captured.bicep' = {
  name: 'captured'
  params: {
    accountName: capturedAccountName
    containerName: capturedContainer
    writerName: captureIdentityName
    readers: capturedReaders
    deployer: deployer
    deployerType: deployerType
    teamDeployer: teamDeployer
    ageing: ageing
    written: map(written, each => each.container)
  }
  dependsOn: [capturedAccount]
}

module lake 'lake.bicep' = {
  name: 'lake'
  params: {
    accountName: capturedAccountName
    written: written
  }
  dependsOn: [capturedAccount]
}

output tableAccountId string = tableAccount.outputs.id
output fileAccountId string = fileAccount.outputs.id
output capturedAccountId string = capturedAccount.outputs.id
output tableEndpoint string = tableAccount.outputs.tableEndpoint
output blobEndpoint string = fileAccount.outputs.blobEndpoint
output capturedEndpoint string = capturedAccount.outputs.blobEndpoint
output queueEndpoint string = fileAccount.outputs.queueEndpoint
