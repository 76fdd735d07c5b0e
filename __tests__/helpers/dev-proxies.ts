// The proxies of development servers, each as docs/dev-proxies.md configures it. Started with `fork`, this file runs all
// of them in front of TARGET, and sends the address of `/api` behind each.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyMiddleware as createProxyMiddleware4 } from 'http-proxy-middleware'
import { createProxyMiddleware as createProxyMiddleware3 } from 'http-proxy-middleware3'
import { createServer as createViteServer, type ProxyOptions } from 'vite'

export type DevProxy =
  'Vite' | 'Vite, cured' | 'http-proxy-middleware 3' | 'http-proxy-middleware 3, cured' | 'http-proxy-middleware 4'

/** The line of docs/dev-proxies.md: without it, the response of a dead app stays open. */
function endWithApp(proxyRes: IncomingMessage, _req: IncomingMessage, res: ServerResponse): void {
  proxyRes.on('error', () => res.destroy())
}

async function vite(options: ProxyOptions): Promise<string> {
  const server = await createViteServer({
    configFile: false,
    logLevel: 'silent',
    // Serves no page, so there is nothing to optimize.
    optimizeDeps: { noDiscovery: true },
    server: { host: '127.0.0.1', port: 0, ws: false, watch: null, proxy: { '/api': options } },
  })
  await server.listen()
  return addressOf(server.httpServer)
}

async function middleware(
  proxy: (req: IncomingMessage, res: ServerResponse, next: () => void) => Promise<void>,
): Promise<string> {
  const server = createServer((req, res) => void proxy(req, res, () => res.writeHead(504).end()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return addressOf(server)
}

function addressOf(server: { address(): AddressInfo | string | null } | null): string {
  return `http://127.0.0.1:${(server?.address() as AddressInfo).port}/api`
}

if (process.send) {
  const target = process.env.TARGET ?? ''
  const addresses: Record<DevProxy, string> = {
    Vite: await vite({ target }),
    'Vite, cured': await vite({ target, configure: (proxy) => void proxy.on('proxyRes', endWithApp) }),
    'http-proxy-middleware 3': await middleware(createProxyMiddleware3({ target })),
    'http-proxy-middleware 3, cured': await middleware(
      createProxyMiddleware3({ target, on: { proxyRes: endWithApp } }),
    ),
    'http-proxy-middleware 4': await middleware(createProxyMiddleware4({ target })),
  }
  process.send(addresses)
}
