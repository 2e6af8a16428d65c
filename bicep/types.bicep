// Shapes that more than one template takes.

@export()
@description('A user-assigned identity, by its name and the resource group that holds it.')
type identityReference = {
  name: string
  group: string
}

@export()
@description('Where captured events go: the account, the container and the identity that writes them.')
type captureTarget = {
  accountName: string
  containerName: string
  identityName: string
}

@export()
@description('A container, and the identity that writes it.')
type containerWriter = {
  container: string
  writer: identityReference
}

@export()
@description('Where an app is told to find the shared services.')
type sharedServices = {
  tableEndpoint: string
  blobEndpoint: string
  queueEndpoint: string
  busEndpoint: string
  telemetryEndpoint: string
}

@export()
@description('A service of a resource that gets a private address.')
type endpointTarget = {
  name: string
  resourceId: string
  service: 'blob' | 'queue' | 'table' | 'namespace' | 'vault'
}
