/**
 * Real reverse proxies in near-default configuration: how each is configured, and the set-ups that the matrix in
 * docs/proxies.md is made of. How they are started is in proxy-process.ts.
 */
import { localCertificate } from './local-certificate.js'

/** Where a proxy listens, what it stands in front of, and what is added to its configuration. */
export interface ProxyPlace {
  /** A folder of its own, for its configuration and all that it writes. */
  readonly folder: string
  readonly port: number
  readonly upstream: number
  readonly http: '1.1' | '2'
  /** Lines of configuration beside the defaults. */
  readonly lines: readonly string[]
}

export interface Proxy {
  readonly name: string
  /** The Debian package that brings it. */
  readonly package: string
  readonly program: string
  /** Arguments with which the program says its version, and what of the answer is the version. */
  readonly version: readonly [string, RegExp]
  /** Whether it speaks TLS here, by protocol. */
  readonly tls: { readonly '1.1': boolean; readonly '2': boolean }
  /** The folder's files by name, the configuration first. */
  files(place: ProxyPlace): Record<string, string>
  args(place: ProxyPlace): string[]
}

const pem = { 'local.pem': `${localCertificate.cert}\n${localCertificate.key}\n` }

const nginx: Proxy = {
  name: 'nginx',
  package: 'nginx',
  program: 'nginx',
  version: ['-v', /nginx\/(\S+)/],
  tls: { '1.1': false, '2': true },
  files: ({ folder, port, upstream, http, lines }) => ({
    'nginx.conf': `daemon off;
pid ${folder}/pid;
error_log ${folder}/log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port}${http === '2' ? ' ssl http2' : ''};
    ssl_certificate ${folder}/local.pem;
    ssl_certificate_key ${folder}/local.pem;
    location / {
      proxy_pass http://127.0.0.1:${upstream};
${indent(6, lines)}    }
  }
}
`,
    ...pem,
  }),
  args: ({ folder }) => ['-p', folder, '-e', `${folder}/log`, '-c', `${folder}/nginx.conf`],
}

const haproxy: Proxy = {
  name: 'haproxy',
  package: 'haproxy',
  program: 'haproxy',
  version: ['-v', /version (\S+?)-/],
  tls: { '1.1': false, '2': true },
  files: ({ folder, port, upstream, http, lines }) => ({
    'haproxy.cfg': `defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
${indent(2, lines)}
frontend public
  bind 127.0.0.1:${port}${http === '2' ? ` ssl crt ${folder}/local.pem alpn h2,http/1.1` : ''}
  default_backend app

backend app
  server node 127.0.0.1:${upstream}
`,
    ...pem,
  }),
  args: ({ folder }) => ['-db', '-q', '-f', `${folder}/haproxy.cfg`],
}

const caddy: Proxy = {
  name: 'caddy',
  package: 'caddy',
  program: 'caddy',
  version: ['version', /v?(\d\S+)/],
  tls: { '1.1': false, '2': true },
  files: ({ folder, port, upstream, http, lines }) => ({
    Caddyfile: `{
  admin off
  auto_https ${http === '2' ? 'disable_redirects' : 'off'}
  skip_install_trust
}
${http === '2' ? 'https' : 'http'}://127.0.0.1:${port} {
${http === '2' ? `  tls ${folder}/local.pem ${folder}/local.pem\n` : ''}${indent(2, lines)}  reverse_proxy 127.0.0.1:${upstream}
}
`,
    ...pem,
  }),
  args: ({ folder }) => ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'],
}

const apache: Proxy = {
  name: 'apache',
  package: 'apache2',
  program: 'apache2',
  version: ['-v', /Apache\/(\S+)/],
  tls: { '1.1': false, '2': true },
  files: ({ folder, port, upstream, http, lines }) => ({
    'apache.conf': `ServerRoot ${folder}
ServerName 127.0.0.1
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/log
User www-data
Group www-data
${apacheModules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`).join('')}Listen 127.0.0.1:${port}
${http === '2' ? `Protocols h2 http/1.1\nSSLEngine on\nSSLCertificateFile ${folder}/local.pem\n` : ''}${indent(0, lines)}ProxyPass / http://127.0.0.1:${upstream}/
`,
    ...pem,
  }),
  args: ({ folder }) => ['-f', `${folder}/apache.conf`, '-DFOREGROUND'],
}

const apacheModules = [
  'mpm_event',
  'authz_core',
  'filter',
  'deflate',
  'proxy',
  'proxy_http',
  'ssl',
  'http2',
  'reqtimeout',
]

const varnish: Proxy = {
  name: 'varnish',
  package: 'varnish',
  program: 'varnishd',
  version: ['-V', /varnish-(\S+)/],
  tls: { '1.1': false, '2': false },
  files: ({ upstream, lines }) => ({
    'default.vcl': `vcl 4.1;
backend app {
  .host = "127.0.0.1";
  .port = "${upstream}";
}
${indent(0, lines)}`,
  }),
  args: ({ folder, port, http }) => [
    ...['-F', '-j', 'none', '-n', `${folder}/varnish`, '-f', `${folder}/default.vcl`],
    ...['-a', `127.0.0.1:${port}`, '-s', 'malloc,16m'],
    ...(http === '2' ? ['-p', 'feature=+http2'] : []),
  ],
}

const squid: Proxy = {
  name: 'squid',
  package: 'squid',
  program: 'squid',
  version: ['-v', /Version (\S+)/],
  tls: { '1.1': false, '2': false },
  files: ({ folder, port, upstream, lines }) => ({
    'squid.conf': `http_port 127.0.0.1:${port} accel defaultsite=127.0.0.1 no-vhost
cache_peer 127.0.0.1 parent ${upstream} 0 no-query no-digest originserver
http_access allow all
visible_hostname localhost
access_log none
cache_log ${folder}/log
cache_store_log none
netdb_filename none
pid_filename none
pinger_enable off
coredump_dir ${folder}
shutdown_lifetime 0 seconds
${indent(0, lines)}`,
  }),
  // The name keeps its shared memory apart from that of any other squid on the machine.
  args: ({ folder, port }) => ['-N', '-n', `test${port}`, '-f', `${folder}/squid.conf`],
}

const lighttpd: Proxy = {
  name: 'lighttpd',
  package: 'lighttpd',
  program: 'lighttpd',
  version: ['-v', /lighttpd\/(\S+)/],
  tls: { '1.1': false, '2': false },
  files: ({ folder, port, upstream, lines }) => ({
    'lighttpd.conf': `server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.errorlog = "${folder}/log"
server.modules = ( "mod_proxy", "mod_deflate" )
proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => ${upstream} )) )
${indent(0, lines)}`,
  }),
  args: ({ folder }) => ['-D', '-f', `${folder}/lighttpd.conf`],
}

export const proxies = { nginx, haproxy, caddy, apache, varnish, squid, lighttpd }

function indent(spaces: number, lines: readonly string[]): string {
  return lines.map((line) => `${' '.repeat(spaces)}${line}\n`).join('')
}
