// Names that more than one template must agree on. Unique per subscription, environment and region.

@export()
func tokenOf(subscriptionId string, environment string, location string, domain string) string =>
  uniqueString(subscriptionId, environment, location, domain)

@export()
func groupOf(environment string, domain string) string => 'rg-${environment}-${domain}'

@export()
func identityOf(environment string, domain string) string => 'id-${environment}-${domain}'

@export()
func appOf(domain string, token string) string => 'func-${domain}-${token}'

@export()
func workspaceOf(token string) string => 'log-${token}'

@export()
var operatorsGroup = 'operators'

@export()
func vaultOf(domain string, token string) string => 'kv-${take(domain, 8)}-${take(token, 11)}'

@export()
func accountOf(purpose string, token string) string => 'st${purpose}${token}'
