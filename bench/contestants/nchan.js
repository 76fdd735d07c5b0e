import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NCHAN_MODULE } from './nchan-module.js'
import { meterOf } from './other-process.js'

/** nginx with nchan: one unprivileged worker in a temporary folder. Events are published to it by HTTP, as always. */
export async function start({ tls, keepAlive }) {
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-nchan-'))
  const ports = { stream: await freePort(), publish: await freePort() }
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, ports, { tls, keepAlive }))
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], { stdio: 'inherit' })
  const worker = await workerOf(nginx.pid)
  const publisher = await connectPublisher(ports.publish)
  return {
    port: ports.stream,
    publish: (channel, message) => publisher.publish(channel, JSON.stringify(message)),
    settled: () => publisher.answered(),
    connections: () => activeConnections(ports.publish),
    async close() {
      const exited = once(nginx, 'exit')
      nginx.kill()
      await exited
      rmSync(folder, { recursive: true })
    },
    meter: meterOf(worker),
  }
}

function configuration(folder, ports, { tls, keepAlive }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
load_module ${NCHAN_MODULE};
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${folder}/nginx.pid;
${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 16000; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  nchan_shared_memory_size 512m;
  server {
    listen 127.0.0.1:${ports.stream} backlog=4096${tls ? ' ssl' : ''};
    ${tls ? `ssl_certificate ${tls.certFile};\n    ssl_certificate_key ${tls.keyFile};` : ''}
    location /stream {
      nchan_subscriber eventsource;
      nchan_channel_id $arg_channels;
      nchan_channel_id_split_delimiter ",";
      nchan_subscriber_first_message newest;
      ${keepAlive ? `nchan_eventsource_ping_interval ${keepAlive / 1000};` : ''}
    }
  }
  server {
    listen 127.0.0.1:${ports.publish};
    keepalive_requests 100000000;
    location /publish {
      nchan_publisher;
      nchan_channel_id $arg_channel;
      nchan_message_buffer_length 1000;
      nchan_message_timeout 5m;
    }
    location /status { stub_status; }
  }
}
`
}

/** One kept-alive connection; the requests of a turn go out together, and are answered in order. */
async function connectPublisher(port) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  let requests = ''
  let unanswered = 0
  let done = () => {}
  socket.on('data', (bytes) => {
    for (let at = bytes.indexOf('HTTP/1.1 20'); at !== -1; at = bytes.indexOf('HTTP/1.1 20', at + 1)) unanswered -= 1
    if (unanswered === 0) done()
  })
  return {
    publish(channel, data) {
      requests += `POST /publish?channel=${channel} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${data.length}\r\n\r\n${data}`
      unanswered += 1
    },
    async answered() {
      socket.write(requests)
      requests = ''
      await new Promise((resolve) => (done = resolve))
    },
  }
}

async function activeConnections(port) {
  const response = await fetch(`http://127.0.0.1:${port}/status`, { headers: { connection: 'close' } })
  const OWN = 2 // the publisher's and this one
  return Number(/Active connections: (\d+)/.exec(await response.text())[1]) - OWN
}

async function workerOf(master) {
  for (let i = 0; i < 100; i++) {
    const [worker] = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ')
    if (worker) return worker
    await sleep(20)
  }
  throw new Error('nginx started no worker')
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
