"""What the routes of providers ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.core.addresses import AddressPolicy
from promptops_server.core.secrets import MasterKey
from promptops_server.providers.client import ModelClient


def _master_key(request: Request) -> MasterKey:
    return cast("MasterKey", request.app.state.master_key)


def _policy(request: Request) -> AddressPolicy:
    return cast("AddressPolicy", request.app.state.address_policy)


def _client(request: Request) -> ModelClient:
    return cast("ModelClient", request.app.state.model_client)


Key = Annotated[MasterKey, Depends(_master_key)]
Policy = Annotated[AddressPolicy, Depends(_policy)]
Client = Annotated[ModelClient, Depends(_client)]
