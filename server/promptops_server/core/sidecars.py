"""Helper processes that start on first need: who asks for one gets its address.

Under `promptops-server up` the supervisor starts them; scaled out they are deployments of their
own, named by settings. wiring.py chooses.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from promptops_server.core.errors import AppError

SidecarName = Literal["adaptor"]


class SidecarUnavailable(AppError):
    """A helper process cannot be started, or is not configured."""

    code = "sidecar_unavailable"
    title = "Helper process unavailable"
    status = 503
    retryable = True


@dataclass(frozen=True, slots=True)
class SidecarAddress:
    """Where a sidecar listens: `unix:/path/to/socket` or `http://host:port`, and its token."""

    url: str
    token: str | None = None


class Sidecars(Protocol):
    """Gives the address of a helper process, starting it where that is needed."""

    async def ensure(self, name: SidecarName) -> SidecarAddress:
        """The address of the sidecar, which answers by now.

        Raises SidecarUnavailable where it did not start in time.
        """
        ...

    def forget(self, name: SidecarName) -> None:
        """Says that the address did not answer, so that the next `ensure` looks anew."""
        ...
