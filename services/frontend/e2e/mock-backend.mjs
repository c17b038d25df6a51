// A backend without a cluster, for work on the page: node e2e/mock-backend.mjs [--port 8080] [--scenario NAME]
// Scenarios: ok, busy (pods in every state), empty, many (40 pods), down (every call fails), partial (deployments fail), slow (3 s).
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'

const pod = (name, status, node, age) => ({ name, podId: `uid-${name}`, status, node, age })

const deployments = [
  { name: 'frontend', replicas: 2, ready: 2, available: 2, age: '1d 2h' },
  { name: 'backend', replicas: 2, ready: 2, available: 2, age: '1d 2h' },
]

const pods = [
  pod('frontend-5d9c7b6f8d-hx2lq', 'Running', 'node-1', '1d 2h'),
  pod('frontend-5d9c7b6f8d-9vzkt', 'Running', 'node-1', '1d 2h'),
  pod('backend-7c6b9d5f44-qk8mn', 'Running', 'node-1', '1d 2h'),
  pod('backend-7c6b9d5f44-w4tz7', 'Running', 'node-1', '2h'),
  pod('database-0', 'Running', 'node-1', '1d 2h'),
]

const busyDeployments = [
  ...deployments,
  { name: 'recommendation-engine-with-a-long-name', replicas: 3, ready: 1, available: 1, age: '14m' },
  { name: 'mailer', replicas: 1, ready: 0, available: 0, age: '3d 4h' },
  { name: 'search', replicas: 24, ready: 21, available: 21, age: '41d 6h' },
  { name: 'batch', replicas: 0, ready: 0, available: 0, age: '12d' },
]

const busyPods = [
  ...pods,
  pod('recommendation-engine-with-a-long-name-6b8f7c9d5-zz4p2', 'ContainerCreating', 'node-2', '14m'),
  pod('recommendation-engine-with-a-long-name-6b8f7c9d5-7kq9x', 'Pending', '', '14m'),
  pod('mailer-84f6d5c97b-m2x8r', 'CrashLoopBackOff', 'node-2', '3d 4h'),
  pod('migrate-28gk4', 'Completed', 'node-1', '5d'),
]

const manyPods = Array.from({ length: 40 }, (_, i) => pod(`worker-6f9d8c7b5d-${String(i).padStart(5, 'x')}`, 'Running', 'node-1', '2h'))

function stats(allPods, allDeployments) {
  const running = allPods.filter(({ status }) => status === 'Running').length
  const pending = allPods.filter(({ status }) => ['Pending', 'ContainerCreating'].includes(status)).length
  return {
    namespace: 'platform',
    totalDeployments: allDeployments.length,
    totalPods: allPods.length,
    runningPods: running,
    pendingPods: pending,
  }
}

const failure = (code, message) => ({ status: 503, body: { error: { code, message } } })

function answer(scenario, path) {
  if (scenario === 'down') return failure('cluster_unreachable', 'The Kubernetes API did not answer: connection refused.')
  if (scenario === 'partial' && path === '/api/deployments') {
    return failure('forbidden', 'The backend may not list deployments in the namespace platform. Check its Role.')
  }
  const empty = scenario === 'empty'
  const somePods = empty ? [] : scenario === 'busy' ? busyPods : scenario === 'many' ? manyPods : pods
  const someDeployments = empty ? [] : scenario === 'busy' ? busyDeployments : deployments
  switch (path) {
    case '/api/stats': return { status: 200, body: stats(somePods, someDeployments) }
    case '/api/deployments': return { status: 200, body: someDeployments }
    case '/api/pods': return { status: 200, body: somePods }
    case '/api/pods/history':
      return { status: 200, body: somePods.map(({ name, podId, status, node }) => ({ podName: name, podId, status, node, timestamp: '2026-01-05T10:00:00Z' })) }
    default: return { status: 404, body: { error: { code: 'not_found', message: `There is no ${path}.` } } }
  }
}

/**
 * A server whose scenario can be changed while it runs, by assigning to `state.scenario`. `state.delays`, if there is one,
 * holds the milliseconds that a path's answer takes.
 */
export function mockBackend(state) {
  return createServer((request, response) => {
    const path = new URL(request.url, 'http://mock').pathname
    const { status, body } = answer(state.scenario, path)
    setTimeout(() => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(body))
    }, state.delays?.[path] ?? (state.scenario === 'slow' ? 3_000 : 0))
  })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' }, scenario: { type: 'string', default: 'ok' } } })
  mockBackend({ scenario: values.scenario }).listen(Number(values.port), '127.0.0.1', () => {
    console.log(`mock backend, scenario ${values.scenario}, on http://127.0.0.1:${values.port}`)
  })
}
