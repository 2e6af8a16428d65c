"""The product team's bindings."""

import azure.functions as func

from domains.product import configure_product
from domains.product.product import Product
from eventing.api import Api
from eventing.handle import Rule
from eventing.team import Team
from eventing.triggers import carry

SETTINGS = ("EVENTS", "STATE", "SCHEMAS__fullyQualifiedNamespace", "SWEEP_SCHEDULE")

blueprint = func.Blueprint()
team = Team("product")

CONFIGURE = Rule(configure_product.ConfigureProduct, Product, configure_product.decide)

api = Api(blueprint, team)
api.commands("PUT", "products/{product_id}", CONFIGURE)
api.shows("products/{product_id}", Product)
api.lists("products", Product)

carry(blueprint, team, {})
