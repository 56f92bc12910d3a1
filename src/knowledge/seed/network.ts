// Names, connections, HTTP and TLS.

import { link, low, medium, type SeedCase } from './seed-case.ts'

const verify = link('openssl verify', 'https://docs.openssl.org/master/man1/openssl-verify/')
const curl = link('curl: SSL certificates', 'https://curl.se/docs/sslcerts.html')
const errno = link('errno(3)', 'https://man7.org/linux/man-pages/man3/errno.3.html')

export const networkCases: SeedCase[] = [
  {
    id: 'dns-not-found',
    category: 'network',
    title: 'A host name cannot be resolved',
    text: 'Could not resolve host\ngetaddrinfo ENOTFOUND\nTemporary failure in name resolution\nName or service not known\ndial tcp: lookup: no such host\ngetaddrinfo EAI_AGAIN',
    sample: 'curl: (6) Could not resolve host: api.internal',
    cause: 'The name is wrong, is known only in another network or namespace, or no DNS server answers.',
    fixes: [
      low('Ask from the same machine or container.', 'getent hosts NAME'),
      low('In compose and Kubernetes use the name of the service, on the same network or namespace.'),
    ],
    links: [link('resolv.conf(5)', 'https://man7.org/linux/man-pages/man5/resolv.conf.5.html')],
    tags: ['dns', 'network'],
  },
  {
    id: 'connection-refused',
    category: 'network',
    title: 'Nothing listens at the address',
    text: 'Connection refused\nconnect ECONNREFUSED\ndial tcp: connect: connection refused\nFailed to connect to port: Connection refused',
    sample: 'Error: connect ECONNREFUSED 127.0.0.1:5432',
    cause:
      'The service is not started or not ready yet, listens elsewhere, or localhost in a container means the container itself.',
    fixes: [
      low('See what listens.', 'ss -ltn'),
      low('Wait until the service is ready before using it; use its service name, not localhost, between containers.'),
    ],
    links: [errno],
    tags: ['network', 'tcp', 'econnrefused'],
  },
  {
    id: 'connection-timed-out',
    category: 'timeout',
    title: 'A connection got no answer',
    text: 'Connection timed out\nconnect ETIMEDOUT\ndial tcp: i/o timeout\nOperation timed out after milliseconds\nRead timed out\nconnect timeout',
    sample: 'dial tcp 10.0.3.7:443: i/o timeout',
    cause:
      'Packets are dropped on the way: a firewall, a security group, a wrong route; or the host is down or overloaded.',
    fixes: [
      low('Try the same port from the same place.', 'nc -vz HOST PORT'),
      low('Check firewall, security groups and proxy settings.'),
    ],
    links: [errno],
    tags: ['network', 'timeout', 'firewall'],
  },
  {
    id: 'connection-reset',
    category: 'network',
    title: 'The other side broke the connection',
    text: 'Connection reset by peer\nread ECONNRESET\nsocket hang up\nunexpected EOF while reading\nThe remote end hung up unexpectedly',
    sample: 'Error: read ECONNRESET',
    cause: 'The server crashed or closed an idle connection, or a proxy or load balancer cut it.',
    fixes: [
      low('Look at the log of the server at that time; retry requests that can be repeated.'),
      low('Keep idle timeouts of clients below those of servers and proxies.'),
    ],
    links: [errno],
    tags: ['network', 'tcp', 'econnreset'],
  },
  {
    id: 'network-unreachable',
    category: 'network',
    title: 'There is no route to a host',
    text: 'Network is unreachable\nNo route to host\nconnect EHOSTUNREACH\nconnect ENETUNREACH',
    sample: 'connect: Network is unreachable',
    cause: 'No route leads there: no default gateway, IPv6 without a route, or a firewall that rejects.',
    fixes: [low('See which route would be taken.', 'ip route get ADDRESS')],
    links: [errno],
    tags: ['network', 'route', 'ipv6'],
  },
  {
    id: 'http-429',
    category: 'network',
    title: 'A service limits the rate of requests',
    text: '429 Too Many Requests\nHTTPError: 429 Client Error: Too Many Requests for url\nstatus code 429\nAPI rate limit exceeded for\nrate limit exceeded',
    sample:
      'requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://api.example.com/v1/items',
    cause: 'More requests than allowed in the time, for this key or address.',
    fixes: [low('Wait as long as Retry-After says, send fewer at once, and authenticate where that raises the limit.')],
    links: [link('429 Too Many Requests', 'https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/429')],
    tags: ['http', 'rate', '429'],
  },
  {
    id: 'http-401-403',
    category: 'permission',
    title: 'A service refuses the credentials',
    text: 'The requested URL returned error: 403\nThe requested URL returned error: 401\nHTTPError: 401 Client Error: Unauthorized for url\nHTTPError: 403 Client Error: Forbidden for url',
    sample: "fatal: unable to access 'https://git.example.com/acme/app.git/': The requested URL returned error: 403",
    cause: 'The token is missing, expired, or lacks the right for this resource.',
    fixes: [low('Check which credential the job uses, its scope and its expiry.')],
    links: [link('403 Forbidden', 'https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/403')],
    tags: ['http', 'token', 'auth'],
  },
  {
    id: 'http-502-504',
    category: 'infrastructure',
    title: 'A proxy gets no answer from its backend',
    text: '502 Bad Gateway\n503 Service Unavailable\n504 Gateway Timeout\n504 Gateway Time-out\nupstream prematurely closed connection while reading response header from upstream\nconnect() failed (111: Connection refused) while connecting to upstream',
    sample:
      '2024/05/02 10:00:00 [error] 31#31: *7 upstream prematurely closed connection while reading response header from upstream, client: 10.0.0.9, server: _, request: "GET / HTTP/1.1"',
    cause: 'The service behind the proxy is down, restarts, or answers more slowly than the proxy waits.',
    fixes: [low('Look at the log of the backend at that time; compare its answer time with proxy_read_timeout.')],
    links: [link('ngx_http_proxy_module', 'https://nginx.org/en/docs/http/ngx_http_proxy_module.html')],
    tags: ['http', 'nginx', 'proxy'],
  },
  {
    id: 'tls-expired',
    category: 'network',
    title: 'A certificate has expired',
    text: 'certificate has expired\nx509: certificate has expired or is not yet valid\nSSL: CERTIFICATE_VERIFY_FAILED certificate verify failed: certificate has expired\nCERT_HAS_EXPIRED',
    sample:
      'tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2024-05-02T10:00:00Z is after 2024-05-01T00:00:00Z',
    cause: "The server's certificate, or one in its chain, is out of date; or the clock of this machine is wrong.",
    fixes: [
      low('Look at the dates.', 'openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -dates'),
      low('Renew the certificate; check the clock.', 'date -u'),
    ],
    links: [verify],
    tags: ['tls', 'certificate', 'expired'],
  },
  {
    id: 'tls-unknown-authority',
    category: 'network',
    title: 'A certificate is signed by an unknown authority',
    text: 'x509: certificate signed by unknown authority\nunable to get local issuer certificate\nself-signed certificate in certificate chain\nSELF_SIGNED_CERT_IN_CHAIN\nSSL: CERTIFICATE_VERIFY_FAILED certificate verify failed: unable to get local issuer certificate\nSSL certificate problem: unable to get local issuer certificate',
    sample: 'curl: (60) SSL certificate problem: unable to get local issuer certificate',
    cause:
      "The authority is not in this machine's trust store (a company proxy, a private CA, a slim image without ca-certificates), or the server sends an incomplete chain.",
    fixes: [
      low('Install the authorities (Debian, Ubuntu).', 'apt-get install -y ca-certificates'),
      medium(
        'Add a private authority to the trust store.',
        'cp ca.crt /usr/local/share/ca-certificates/ && update-ca-certificates',
      ),
    ],
    links: [curl],
    tags: ['tls', 'certificate', 'ca'],
  },
  {
    id: 'tls-name-mismatch',
    category: 'network',
    title: 'A certificate is for another name',
    text: "x509: certificate is valid for, not\nHostname/IP does not match certificate's altnames\nno alternative certificate subject name matches target host name\nhostname mismatch, certificate is not valid for",
    sample: 'x509: certificate is valid for ingress.local, not api.example.com',
    cause:
      'The server was reached by a name or address that its certificate does not list, or a proxy shows its default certificate.',
    fixes: [
      low(
        'Use a name of the certificate, or issue one with this name.',
        'openssl s_client -connect HOST:443 -servername NAME </dev/null',
      ),
    ],
    links: [verify],
    tags: ['tls', 'certificate', 'hostname'],
  },
  {
    id: 'tls-protocol',
    category: 'network',
    title: 'Client and server agree on no TLS version',
    text: 'SSL routines: wrong version number\nSSL routines: unsupported protocol\ntlsv1 alert protocol version\nsslv3 alert handshake failure\nfirst record does not look like a TLS handshake',
    sample: 'error:0A00010B:SSL routines::wrong version number',
    cause:
      'The port speaks no TLS (http instead of https), or one side allows only versions that the other has dropped.',
    fixes: [low('Check the scheme and port first.', 'openssl s_client -connect HOST:PORT')],
    links: [link('openssl s_client', 'https://docs.openssl.org/master/man1/openssl-s_client/')],
    tags: ['tls', 'protocol'],
  },
  {
    id: 'ssh-host-key',
    category: 'configuration',
    title: 'The host key of an SSH server is unknown or has changed',
    text: 'Host key verification failed\nWARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nNo host key is known for and you have requested strict checking',
    sample: 'Host key verification failed.',
    cause: 'The server is not in known_hosts of this user, or has another key than before.',
    fixes: [
      low('Compare the key with what the operator publishes, then add it.', 'ssh-keyscan HOST >> ~/.ssh/known_hosts'),
    ],
    links: [link('ssh(1)', 'https://man.openbsd.org/ssh.1')],
    tags: ['ssh', 'git'],
  },
  {
    id: 'ssh-publickey',
    category: 'permission',
    title: 'An SSH server accepts none of the keys',
    text: 'Permission denied (publickey)\nPermission denied (publickey,password)\nLoad key: invalid format',
    sample: 'git@github.com: Permission denied (publickey).',
    cause: 'No key was offered, or the server does not know it for this user.',
    fixes: [
      low('See which keys are offered.', 'ssh -vT git@HOST'),
      low('Give the job its deploy key, and register the public half.'),
    ],
    links: [link('ssh(1)', 'https://man.openbsd.org/ssh.1')],
    tags: ['ssh', 'key', 'git'],
  },
  {
    id: 'proxy-required',
    category: 'network',
    title: 'A proxy asks for credentials or cannot be reached',
    text: '407 Proxy Authentication Required\nReceived HTTP code 407 from proxy after CONNECT\nCannot connect to proxy\nTunnel connection failed',
    sample: 'curl: (56) Received HTTP code 407 from proxy after CONNECT',
    cause: 'HTTP_PROXY or HTTPS_PROXY names a proxy that wants a login, is wrong, or should not be used for this host.',
    fixes: [low('See what is set; exclude internal hosts by NO_PROXY.', 'env | grep -i proxy')],
    links: [link('curl: proxy', 'https://curl.se/docs/manpage.html#--proxy')],
    tags: ['proxy', 'http', '407'],
  },
]
