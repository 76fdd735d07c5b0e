import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A throw-away certificate for 127.0.0.1, made by openssl in a temporary folder. */
export function createCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-tls-'))
  const keyFile = join(folder, 'key.pem')
  const certFile = join(folder, 'cert.pem')
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const name = ['-subj', '/CN=127.0.0.1', '-days', '1']
  execFileSync('openssl', ['req', ...kind, ...name, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  return {
    tls: { keyFile, certFile, key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
