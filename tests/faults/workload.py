"""What people and partners do: commands over HTTP and files, each told till it is heard."""

from eventing.errors import Conflict, Transient
from tests.faults.process import Answer, Died, Process
from tests.faults.world import Broken, World

NAME, EMAIL = "Canary Featherstone", "canary@personal.example"
CANARIES = (NAME, EMAIL, "canary-key")
PRODUCT = {
    "name": "Home",
    "category": "insurance",
    "price": "19.90",
    "currency": "EUR",
    "term_months": 1,
}


def accepted(answer: Answer) -> Answer:
    if answer.status >= 300:
        raise Broken(f"refused with {answer.status}: {answer.body}")
    return answer


async def configured(world: World, product_id: str, price: str = "19.90") -> None:
    body = {**PRODUCT, "price": price}
    accepted(await world.ask("product", "PUT", f"products/{product_id}", body))


async def opened(world: World, number: int) -> str:
    body = {"name": NAME, "email": EMAIL}
    answer = await world.ask("customer", "POST", "accounts", body, f"canary-key-account-{number}")
    return str(accepted(answer).body["contact_id"])


async def switched(world: World, path: str, team: str = "customer") -> None:
    """A command on what is there already."""
    accepted(await world.ask(team, "POST", path, {}))


async def erased(world: World, account_id: str) -> None:
    """Nobody is left behind the account, and it is off."""
    accepted(await world.ask("customer", "DELETE", f"accounts/{account_id}/personal-data"))
    world.erased.append(account_id)


async def offered(world: World, number: int, contact_id: str, product_id: str) -> str:
    body = {"contact_id": contact_id, "product_id": product_id, "partner": "acme"}
    answer = await world.ask("conversions", "POST", "leads", body, f"canary-key-lead-{number}")
    return str(accepted(answer).body["lead_id"])


async def dropped(world: World, name: str, leads: list[str], *, hint: bool = True) -> None:
    """A sales file: good rows, and after each a bad one."""
    rows = [f"{lead},2026-04-30\r\nnonsense,2026-04-30\r\n" for lead in leads]
    await _file(world, "sales-files", name, "lead_id,purchase_date\r\n" + "".join(rows), hint)


async def prospected(
    world: World, name: str, contacts: list[str], product_id: str, *, hint: bool = True
) -> None:
    """A file of leads: good rows, and after each a bad one."""
    rows = [f"{each},{product_id}\r\n{each},No Slug\r\n" for each in contacts]
    await _file(world, "lead-files", name, "contact_id,product_id\r\n" + "".join(rows), hint)


async def _file(world: World, container: str, name: str, content: str, hint: bool) -> None:
    place = f"acme/{name}"
    await world.files.store(container, place, content.encode())
    if hint:
        process = world.some("conversions")
        try:
            await process.run(_announced(process, container, place))
        except (Died, Transient, Conflict):
            return  # the hint is lost, and the sweep is the guarantee


async def _announced(process: Process, container: str, place: str) -> None:
    await process.team.blobs[container](place)
