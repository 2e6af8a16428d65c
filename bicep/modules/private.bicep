// Private networking of the shared services; each app's own services get theirs beside the app.
targetScope = 'resourceGroup'

param name string
param location string
param tags object
param namespaceId string
param tableAccountId string
param fileAccountId string
param capturedAccountId string
param prefix string

var zones = loadJsonContent('../zones.json')

module network 'network.bicep' = {
  name: 'network'
  params: {
    name: name
    location: location
    tags: tags
    prefix: prefix
    zones: map(items(zones), zone => zone.value)
  }
}

module endpoints 'endpoints.bicep' = {
  name: 'endpoints'
  params: {
    location: location
    tags: tags
    subnetId: network.outputs.endpointSubnetId
    zoneGroup: resourceGroup().name
    zoneNames: zones
    targets: [
      { name: 'bus', resourceId: namespaceId, service: 'namespace' }
      { name: 'state', resourceId: tableAccountId, service: 'table' }
      { name: 'files-blob', resourceId: fileAccountId, service: 'blob' }
      { name: 'files-queue', resourceId: fileAccountId, service: 'queue' }
      { name: 'captured', resourceId: capturedAccountId, service: 'blob' }
    ]
  }
}

output appSubnetId string = network.outputs.appSubnetId
output endpointSubnetId string = network.outputs.endpointSubnetId
