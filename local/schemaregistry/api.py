"""The REST API of Schema Registry, as azure-schemaregistry calls it.

Paths, headers and status codes follow the SDK's generated operations, api-version 2022-10.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from local.schemaregistry import avro, compatibility
from local.schemaregistry.access import READ, WRITE, Access
from local.schemaregistry.errors import Refused, invalid, not_found
from local.schemaregistry.formats import Format, of_media_type, validate
from local.schemaregistry.groups import Compatibility, Group
from local.schemaregistry.names import schema_id, schema_name, schema_version
from local.schemaregistry.store import Registered, Store

LOG = logging.getLogger("schemaregistry")
API_VERSIONS = ("2021-10", "2022-10", "2023-07-01")
# The SDK writes $schemaGroups, the documentation $schemagroups; the service takes both.
ROOT = r"/{root:\$schema[Gg]roups}"


@dataclass(frozen=True, slots=True)
class Api:
    """The handlers, over the groups of the bus and the stored schemas."""

    groups: Mapping[str, Group]
    store: Store
    access: Access

    def routes(self) -> list[web.RouteDef]:
        """Every path of the API."""
        schema = ROOT + "/{group}/schemas/{name}"
        return [
            web.get(ROOT, self.list_groups),
            web.get(ROOT + r"/{schemas:\$schemas}/{id}", self.get_by_id),
            web.get(schema + "/versions", self.list_versions),
            web.get(schema + "/versions/{version}", self.get_by_version),
            web.post(schema + ":get-id", self.get_id),
            web.put(schema, self.register),
        ]

    async def list_groups(self, request: web.Request) -> web.Response:
        """The names of all groups, in one page."""
        self._admit(request, READ)
        return web.json_response({"Value": sorted(self.groups)})

    async def list_versions(self, request: web.Request) -> web.Response:
        """The version numbers of one schema, in one page."""
        self._admit(request, READ)
        group, name = self._group(request), schema_name(request)
        versions = [found.version for found in self.store.versions(group.name, name)]
        if not versions:
            raise not_found(f"Group {group.name!r} has no schema {name!r}.")
        return web.json_response({"Value": versions})

    async def get_by_id(self, request: web.Request) -> web.Response:
        """A definition and its properties, by id."""
        self._admit(request, READ)
        wanted = schema_id(request)
        found = self.store.by_id(wanted)
        if found is None:
            raise not_found(f"No schema has the id {wanted!r}.")
        return _answer(request, found, 200)

    async def get_by_version(self, request: web.Request) -> web.Response:
        """A definition and its properties, by group, name and version."""
        self._admit(request, READ)
        group, name, version = self._group(request), schema_name(request), schema_version(request)
        for found in self.store.versions(group.name, name):
            if found.version == version:
                return _answer(request, found, 200)
        raise not_found(f"Group {group.name!r} has no version {version} of schema {name!r}.")

    async def get_id(self, request: web.Request) -> web.Response:
        """The properties of the version that has the posted content."""
        self._admit(request, READ)
        group, name = self._group(request), schema_name(request)
        format_, definition = await _definition(request)
        found = self.store.same(group.name, name, format_, definition)
        if found is None:
            raise not_found(f"Group {group.name!r} has no schema {name!r} with this content.")
        return _answer(request, found, 204)

    async def register(self, request: web.Request) -> web.Response:
        """Add a version, or find the one that has the content already."""
        self._admit(request, WRITE)
        group, name = self._group(request), schema_name(request)
        format_, definition = await _definition(request)
        # From here on nothing is awaited: no other registration comes between check and write.
        found = self.store.same(group.name, name, format_, definition)
        if found is None:
            self._may_follow(group, name, format_, definition)
            found = self.store.add(group.name, name, format_, definition)
            LOG.info("registered %s/%s version %d as %s", group.name, name, found.version, found.id)
        return _answer(request, found, 204)

    def _admit(self, request: web.Request, role: str) -> None:
        self.access.admit(request, role)
        version = request.query.get("api-version")
        if version not in API_VERSIONS:
            known = ", ".join(API_VERSIONS)
            raise invalid(f"api-version {version!r} is not supported: use one of {known}.")

    def _group(self, request: web.Request) -> Group:
        name = request.match_info["group"]
        if name not in self.groups:
            raise not_found(f"There is no schema group {name!r}: declare it in bus.json.")
        return self.groups[name]

    def _may_follow(self, group: Group, name: str, format_: Format, definition: str) -> None:
        """Refuse a version that breaks the group's rule against the latest one."""
        versions = self.store.versions(group.name, name)
        if not versions:
            return
        latest = versions[-1]
        if latest.format is not format_:
            raise invalid(f"Schema {name!r} is {latest.format}: it cannot go on as {format_}.")
        if format_ is not Format.AVRO or group.compatibility is Compatibility.NONE:
            return
        new, old = avro.parse(definition), avro.parse(latest.definition)
        if group.compatibility is Compatibility.BACKWARD:
            found = compatibility.obstacles(reader=new, writer=old)
        else:
            found = compatibility.obstacles(reader=old, writer=new)
        if found:
            message = (
                f"Schema {name!r} is not {group.compatibility} compatible with its version "
                f"{latest.version}: {'; '.join(found[:10])}."
            )
            LOG.warning("refused %s", message)
            raise Refused(409, "SchemaIncompatible", message)


async def _definition(request: web.Request) -> tuple[Format, str]:
    format_ = of_media_type(request.headers.get("Content-Type", ""))
    try:
        definition = (await request.read()).decode()
    except UnicodeDecodeError as error:
        raise invalid(f"The schema is no UTF-8: {error}.") from error
    validate(format_, definition)
    return format_, definition


def _answer(request: web.Request, found: Registered, status: int) -> web.Response:
    groups = f"{request.url.origin()}/$schemaGroups"
    version = f"{groups}/{found.group}/schemas/{found.name}/versions/{found.version}"
    headers = {
        "Location": f"{version}?api-version={request.query['api-version']}",
        "Schema-Id": found.id,
        "Schema-Id-Location": f"{groups}/$schemas/{found.id}",
        "Schema-Group-Name": found.group,
        "Schema-Name": found.name,
        "Schema-Version": str(found.version),
        "Schema-Versions-Location": version.rpartition("/")[0],
    }
    if status == 204:
        return web.Response(status=status, headers=headers)
    headers["Content-Type"] = found.format.media_type
    return web.Response(status=status, headers=headers, body=found.definition.encode())
