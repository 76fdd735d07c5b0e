// The rows of docs/proxies.md: each proxy as it comes, and with the lines that change something for event streams.
import type { ProxySetup } from './proxy-process.js'
import { proxies, type Proxy } from './proxies.js'

/** What is to be shown of a set-up. The tests hold it to this, so that the documentation is told when a proxy changes. */
export interface Expectations {
  /** `late`: each event is delayed by about 200 ms. `held`: nothing comes before the stream has ended. */
  readonly events: 'at once' | 'late' | 'held'
  /** When the app learns that a client has left: `at a write` comes with the next event or keep-alive. */
  readonly leaving: 'at once' | 'at a write'
  /** Whether it compresses the stream for a client that accepts gzip. */
  readonly compresses: boolean
  /** The status when the app sets a cookie of 4,000 bytes. */
  readonly largeCookie: 200 | 502
}

export interface MatrixSetup extends ProxySetup {
  /** What is different from the defaults. */
  readonly title: string
  readonly expects: Expectations
}

type Http = '1.1' | '2'

function setup(
  proxy: Proxy,
  title: string,
  lines: readonly string[],
  expects: Partial<Expectations> = {},
  http: readonly Http[] = ['1.1', '2'],
): MatrixSetup[] {
  const usual: Expectations = { events: 'at once', leaving: 'at once', compresses: false, largeCookie: 200 }
  return http.map((version) => ({ proxy, title, lines, http: version, expects: { ...usual, ...expects } }))
}

const { nginx, haproxy, caddy, apache, varnish, squid, lighttpd } = proxies
const asItComes = 'as it comes'
const compressing = 'compressing event streams'
const noDelay = 'option http-no-delay'
const streaming = 'server.stream-response-body = 1'

const nginxSetups = [
  ...setup(nginx, asItComes, [], { largeCookie: 502 }),
  ...setup(nginx, 'keeping upstream connections', ['proxy_http_version 1.1;', 'proxy_set_header Connection "";'], {
    largeCookie: 502,
  }),
  ...setup(nginx, 'with room for large response headers', ['proxy_buffer_size 16k;', 'proxy_buffers 8 16k;']),
  ...setup(nginx, compressing, ['gzip on;', 'gzip_types text/event-stream;'], { compresses: true, largeCookie: 502 }),
]

const haproxySetups = [
  ...setup(haproxy, asItComes, [], { events: 'late', leaving: 'at a write' }, ['1.1']),
  ...setup(haproxy, asItComes, [], { leaving: 'at a write' }, ['2']),
  ...setup(haproxy, 'without delay', [noDelay], { leaving: 'at a write' }, ['1.1']),
  ...setup(haproxy, 'telling the app of clients that leave', [noDelay, 'option abortonclose']),
  ...setup(haproxy, compressing, [noDelay, 'compression algo gzip', 'compression type text/event-stream'], {
    leaving: 'at a write',
  }),
]

const apacheSetups = [
  ...setup(apache, asItComes, [], { leaving: 'at a write' }),
  ...setup(apache, compressing, ['AddOutputFilterByType DEFLATE text/event-stream'], {
    leaving: 'at a write',
    compresses: true,
  }),
]

const varnishSetups = [
  ...setup(varnish, asItComes, [], { leaving: 'at a write' }),
  ...setup(
    varnish,
    'compressing everything',
    ['sub vcl_backend_response {', '  set beresp.do_gzip = true;', '}'],
    { events: 'held', leaving: 'at a write', compresses: true },
    ['1.1'],
  ),
  ...setup(
    varnish,
    'compressing everything but event streams',
    [
      'sub vcl_backend_response {',
      '  if (beresp.http.Content-Type !~ "^text/event-stream") {',
      '    set beresp.do_gzip = true;',
      '  }',
      '}',
    ],
    { leaving: 'at a write' },
  ),
]

const lighttpdCompression = ['deflate.mimetypes = ( "text/" )', 'deflate.allowed-encodings = ( "gzip" )']

const lighttpdSetups = [
  ...setup(lighttpd, asItComes, [], { events: 'held', leaving: 'at a write' }),
  ...setup(lighttpd, 'streaming', [streaming], { leaving: 'at a write' }, ['1.1']),
  ...setup(lighttpd, 'streaming', [streaming], {}, ['2']),
  ...setup(lighttpd, compressing, [streaming, ...lighttpdCompression], { leaving: 'at a write' }, ['1.1']),
]

/** Ordered as in the documentation. */
export const proxySetups: readonly MatrixSetup[] = [
  ...nginxSetups,
  ...haproxySetups,
  ...setup(caddy, asItComes, []),
  ...setup(caddy, compressing, ['encode gzip']),
  ...apacheSetups,
  ...varnishSetups,
  ...setup(squid, asItComes, [], {}, ['1.1']),
  ...lighttpdSetups,
]

export interface IdleSetup extends ProxySetup {
  /** After how long a silence it cuts a stream by default. */
  readonly usual: string
}

/** How long the proxies below endure silence; short, so that a test can wait for it. */
export const IDLE_SECONDS = 2

/** Proxies that cut a silent stream, told to do so sooner. Caddy does not. */
export const idleSetups: readonly IdleSetup[] = [
  { proxy: nginx, lines: [`proxy_read_timeout ${IDLE_SECONDS}s;`], usual: '60 s' },
  { proxy: haproxy, lines: [`timeout client ${IDLE_SECONDS}s`, `timeout server ${IDLE_SECONDS}s`], usual: 'as set' },
  { proxy: apache, lines: [`ProxyTimeout ${IDLE_SECONDS}`], usual: '60 s; 300 s in Debian' },
  {
    proxy: varnish,
    lines: ['sub vcl_backend_fetch {', `  set bereq.between_bytes_timeout = ${IDLE_SECONDS}s;`, '}'],
    usual: '60 s',
  },
  { proxy: squid, lines: [`read_timeout ${IDLE_SECONDS} seconds`], usual: '15 min' },
  { proxy: lighttpd, lines: [streaming, `server.max-write-idle = ${IDLE_SECONDS}`], usual: '360 s' },
].map((idle) => ({ ...idle, http: '1.1' as const }))
