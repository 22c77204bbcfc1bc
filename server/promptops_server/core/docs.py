"""`/docs` with no internet: Swagger UI from a package, under the same policy as every page."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response

# What the page needs, by the name under which it is served.
_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PromptOps API</title>
<link rel="icon" href="/docs/assets/favicon.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""
# In a file of its own, since the policy allows no inline script.
_START = """const safe = new Set(["GET", "HEAD", "OPTIONS"]);

// A person who is signed in changes things with the token of their session beside the cookie.
async function addCsrfToken(request) {
  const method = (request.method || "GET").toUpperCase();
  const names = Object.keys(request.headers || {}).map((name) => name.toLowerCase());
  if (!safe.has(method) && !names.includes("x-api-key")) {
    const answer = await fetch("/api/v1/session");
    if (answer.ok) {
      const session = await answer.json();
      request.headers = { ...request.headers, "X-CSRF-Token": session.csrf_token };
    }
  }
  return request;
}

window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "list",
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: addCsrfToken,
  });
});
"""


def _folder() -> Path:
    # Found without importing: the package patches FastAPI when it is imported.
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("fastapi-offline, which carries Swagger UI, is not installed")
    return Path(spec.origin).parent / "static"


def install(api: FastAPI) -> None:
    """Adds the page and its files to the application."""
    folder = _folder()

    async def page() -> Response:
        return HTMLResponse(_PAGE)

    async def start() -> Response:
        return Response(_START, media_type="text/javascript")

    def asset(name: str, media_type: str) -> None:
        async def serve() -> Response:
            return FileResponse(
                folder / name,
                media_type=media_type,
                headers={"Cache-Control": "public, max-age=3600"},
            )

        api.add_api_route(f"/docs/assets/{name}", serve, include_in_schema=False)

    api.add_api_route("/docs", page, include_in_schema=False)
    api.add_api_route("/docs/assets/start.js", start, include_in_schema=False)
    for name, media_type in _ASSETS.items():
        asset(name, media_type)
