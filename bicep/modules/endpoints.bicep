// The private addresses of one resource group's services, in the zones of the platform's group.
import { endpointTarget } from '../types.bicep'

param location string
param tags object
param subnetId string
param zoneGroup string
param zoneNames object
param targets endpointTarget[]

module endpoint 'endpoint.bicep' = [
  for target in targets: {
    name: 'endpoint-${target.name}'
    params: {
      name: 'pe-${target.name}'
      location: location
      tags: tags
      subnetId: subnetId
      resourceId: target.resourceId
      service: target.service
      zoneId: resourceId(zoneGroup, 'Microsoft.Network/privateDnsZones', zoneNames[target.service])
    }
  }
]
