import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/**
 * Starts Chromium with a home directory of its own, which goes away with it.
 * @param {{executable: string, ca?: string, resolve?: string[]}} options `ca` is a PEM file to trust beside the usual
 *   roots; `resolve` holds HOST=IP[:PORT] instead of DNS. Certificates are verified always.
 */
export async function openBrowser({ executable, ca, resolve = [] }) {
  const home = mkdtempSync(join(tmpdir(), 'dashboard-'))
  try {
    if (ca) trust(home, ca)
    const rules = resolve.map((rule) => `MAP ${rule.replace('=', ' ')}`).join(',')
    const context = await chromium.launchPersistentContext(join(home, 'profile'), {
      executablePath: executable,
      headless: true,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        ...(rules ? [`--host-resolver-rules=${rules}`] : []),
      ],
      // A proxy of this machine must not stand between the browser and the dashboard.
      env: { PATH: process.env.PATH, HOME: home, NO_PROXY: '*' },
      viewport: null,
    })
    return {
      context,
      close: async () => {
        await context.close()
        rmSync(home, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    throw error
  }
}

/** Chromium on Linux reads further roots from the NSS database of the user's home. */
function trust(home, pem) {
  const database = join(home, '.pki', 'nssdb')
  mkdirSync(database, { recursive: true })
  const certutil = (...args) => {
    try {
      execFileSync('certutil', ['-d', `sql:${database}`, ...args], { stdio: 'pipe' })
    } catch (error) {
      if (error.code === 'ENOENT') throw new Error('certutil is not installed; run: apt-get install -y libnss3-tools', { cause: error })
      throw new Error(`certutil cannot import ${pem}: ${error.stderr}`, { cause: error })
    }
  }
  certutil('-N', '--empty-password')
  // C for a root that signs others, P for a certificate that is its own root without being allowed to sign.
  certutil('-A', '-t', 'CP,,', '-n', 'dashboard', '-i', pem)
}
