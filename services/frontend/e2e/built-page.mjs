import { createReadStream, existsSync } from 'node:fs'
import { createServer, request as forward } from 'node:http'
import { extname, join } from 'node:path'
import { mockBackend } from './mock-backend.mjs'

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' }

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))

/**
 * Serves what "npm run build" made, with a mock backend behind /api, on a free port of the loopback.
 * @param {{scenario: string, delays?: Record<string, number>}} state read at each request and free to be changed;
 *   `delays` holds milliseconds for a path of the API or for an extension of a file, such as ".woff2".
 */
export async function serveBuiltPage(state, dist = new URL('../dist/', import.meta.url).pathname) {
  if (!existsSync(join(dist, 'index.html'))) throw new Error(`${dist} holds no page; run "npm run build" first`)
  const backend = mockBackend(state)
  const backendPort = await listen(backend)
  const web = createServer((request, response) => {
    if (request.url.startsWith('/api/')) {
      forward({ port: backendPort, path: request.url }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers)
        answer.pipe(response)
      }).end()
      return
    }
    const file = join(dist, request.url === '/' ? 'index.html' : request.url)
    if (!existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    setTimeout(() => {
      response.writeHead(200, { 'Content-Type': types[extname(file)] })
      createReadStream(file).pipe(response)
    }, state.delays?.[extname(file)] ?? 0)
  })
  return {
    url: `http://127.0.0.1:${await listen(web)}/`,
    close() {
      web.close()
      backend.close()
    },
  }
}
