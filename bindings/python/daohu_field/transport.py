"""Carries the core's requests over HTTP with Python's own library."""

import http.client
import ssl
from urllib.parse import urlsplit

from .daohu_ffi import HostTransport, HttpRequest, HttpResponse, TransportError

CONNECT_S = 15
"""How long a link may take to be there at all."""
EXCHANGE_S = 300
"""How long the server may be silent."""
BODY_BYTES_MAX = 8 * 1024 * 1024
"""No answer of ours is bigger."""


class HttpTransport(HostTransport):
    """Follows no redirect: whoever follows that of a captive portal ends on somebody else's page.

    `ca_file` names a certificate authority of the office's own.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        self._tls = ssl.create_default_context(cafile=ca_file)

    def exchange(self, request: HttpRequest) -> HttpResponse:
        address = urlsplit(request.server)
        secure = address.scheme == "https"
        host = address.hostname or ""
        link: http.client.HTTPConnection
        if secure:
            link = http.client.HTTPSConnection(host, address.port, timeout=CONNECT_S, context=self._tls)
        else:
            link = http.client.HTTPConnection(host, address.port, timeout=CONNECT_S)
        try:
            link.connect()
            link.sock.settimeout(EXCHANGE_S)
            headers = {header.name: header.value for header in request.headers}
            body = request.body if request.method != "GET" else None
            link.request(request.method, address.path.rstrip("/") + request.path, body, headers)
            answer = link.getresponse()
            read = answer.read(BODY_BYTES_MAX + 1)
        except (OSError, http.client.HTTPException) as broken:
            raise TransportError.Broken() from broken
        finally:
            link.close()
        if len(read) > BODY_BYTES_MAX:
            raise TransportError.Broken()
        return HttpResponse(status=answer.status, body=read)
