// Azure for an operator: a cluster with a pool of confidential nodes, PostgreSQL, a registry, a vault, an attestation provider, a workload identity, logs, in a network of its own.
// Not compiled or deployed by this project's build: run "az deployment group what-if" before anything else.
// Brokers are not here: each data owner deploys its own, in its own subscription.

@description('Prefix of all names: 3 to 12 lower-case letters and digits.')
@minLength(3)
@maxLength(12)
param name string

@description('Region with the confidential machine size below.')
param location string = resourceGroup().location

@description('Machine size of the pool for enclaves: SEV-SNP.')
param confidentialSize string = 'Standard_DC4as_v5'

@description('Object id of the group that administers the cluster.')
param administrators string

@description('Ranges from which the cluster\'s API may be reached.')
param apiServerRanges array

@description('Size of the database server.')
param databaseSize string = 'Standard_D2ds_v5'

@description('Password of the database role that owns the tables. The services\' own role is made by hand (docs/operators/install.md) and has another.')
@minLength(20)
@secure()
param databasePassword string

var unique = uniqueString(resourceGroup().id, name)

resource network 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: '${name}-network'
  location: location
  properties: {
    addressSpace: { addressPrefixes: ['10.40.0.0/16'] }
    subnets: [
      { name: 'nodes', properties: { addressPrefix: '10.40.0.0/20' } }
      {
        // Nothing but the database may stand here; networkPolicy.postgres of the chart names this range.
        name: 'database'
        properties: {
          addressPrefix: '10.40.16.0/28'
          delegations: [{ name: 'postgres', properties: { serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' } }]
        }
      }
    ]
  }
}

resource databaseZone 'Microsoft.Network/privateDnsZones@2020-06-01' = {
  name: '${name}.private.postgres.database.azure.com'
  location: 'global'
}

resource databaseZoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = {
  parent: databaseZone
  name: 'network'
  location: 'global'
  properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
}

// Reached from the network alone. The standby in another zone is synchronous: one that lags would be an older copy, which the witnesses refuse (docs/operators/recovery.md).
resource database 'Microsoft.DBforPostgreSQL/flexibleServers@2022-12-01' = {
  name: '${name}-${take(unique, 8)}'
  location: location
  sku: { name: databaseSize, tier: 'GeneralPurpose' }
  properties: {
    version: '15'
    administratorLogin: 'cleanroom_owner'
    administratorLoginPassword: databasePassword
    authConfig: { activeDirectoryAuth: 'Disabled', passwordAuth: 'Enabled' }
    storage: { storageSizeGB: 128 }
    backup: { backupRetentionDays: 7, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'ZoneRedundant' }
    network: {
      delegatedSubnetResourceId: '${network.id}/subnets/database'
      privateDnsZoneArmResourceId: databaseZone.id
    }
  }
  dependsOn: [databaseZoneLink]
}

resource databaseItself 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2022-12-01' = {
  parent: database
  name: 'cleanroom'
  properties: { charset: 'UTF8', collation: 'C' }
}

// No statement and no parameter of one in the server's log.
resource databaseSilence 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2022-12-01' = {
  parent: database
  name: 'log_statement'
  properties: { value: 'none', source: 'user-override' }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: { sku: { name: 'PerGB2018' }, retentionInDays: 30 }
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: '${name}${unique}'
  location: location
  sku: { name: 'Premium' }
  properties: { adminUserEnabled: false, anonymousPullEnabled: false, policies: { exportPolicy: { status: 'enabled' } } }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: '${name}-${take(unique, 8)}'
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'premium' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    networkAcls: { bypass: 'None', defaultAction: 'Deny' }
  }
}

resource attestation 'Microsoft.Attestation/attestationProviders@2021-06-01' = {
  name: '${name}${take(unique, 8)}'
  location: location
  properties: {}
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-matching'
  location: location
}

resource cluster 'Microsoft.ContainerService/managedClusters@2024-05-01' = {
  name: '${name}-cluster'
  location: location
  identity: { type: 'SystemAssigned' }
  sku: { name: 'Base', tier: 'Standard' }
  properties: {
    dnsPrefix: name
    disableLocalAccounts: true
    enableRBAC: true
    aadProfile: { managed: true, enableAzureRBAC: true, adminGroupObjectIDs: [administrators] }
    apiServerAccessProfile: { authorizedIPRanges: apiServerRanges }
    oidcIssuerProfile: { enabled: true }
    securityProfile: { workloadIdentity: { enabled: true } }
    networkProfile: { networkPlugin: 'azure', networkPluginMode: 'overlay', networkPolicy: 'cilium', networkDataplane: 'cilium' }
    autoUpgradeProfile: { upgradeChannel: 'patch', nodeOSUpgradeChannel: 'NodeImage' }
    addonProfiles: { omsagent: { enabled: true, config: { logAnalyticsWorkspaceResourceID: logs.id } } }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        count: 2
        vmSize: 'Standard_D2as_v5'
        osSKU: 'AzureLinux'
        vnetSubnetID: '${network.id}/subnets/nodes'
        availabilityZones: ['1', '2']
      }
      {
        name: 'enclaves'
        mode: 'User'
        count: 1
        vmSize: confidentialSize
        osSKU: 'AzureLinux'
        vnetSubnetID: '${network.id}/subnets/nodes'
        nodeLabels: { 'cleanroom/tee': 'sev-snp' }
        nodeTaints: ['cleanroom/tee=sev-snp:NoSchedule']
      }
    ]
  }
}

resource federated 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = {
  parent: identity
  name: 'matching'
  properties: {
    issuer: cluster.properties.oidcIssuerProfile.issuerURL
    subject: 'system:serviceaccount:cleanroom:room-matching-coast'
    audiences: ['api://AzureADTokenExchange']
  }
}

// The kubelet may pull images and nothing else.
resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, cluster.id, 'pull')
  scope: registry
  properties: {
    principalId: cluster.properties.identityProfile.kubeletidentity.objectId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}

output registry string = registry.properties.loginServer
output cluster string = cluster.name
output databaseHost string = database.properties.fullyQualifiedDomainName
output attestationUri string = attestation.properties.attestUri
output matchingClientId string = identity.properties.clientId
