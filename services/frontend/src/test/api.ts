import { AxiosError, type AxiosAdapter, type AxiosResponse } from 'axios'

export const stats = { namespace: 'platform', totalDeployments: 2, totalPods: 4, runningPods: 2, pendingPods: 1 }

export const deployments = [
  { name: 'frontend', replicas: 2, ready: 2, available: 2, age: '1d 2h' },
  { name: 'backend', replicas: 3, ready: 1, available: 1, age: '5m' },
]

export const pods = [
  { name: 'frontend-5d9c7b6f8d-hx2lq', podId: 'a', status: 'Running', node: 'node-1', age: '1d 2h' },
  { name: 'backend-7c6b9d5f44-qk8mn', podId: 'b', status: 'CrashLoopBackOff', node: 'node-2', age: '2h' },
  { name: 'backend-7c6b9d5f44-w4tz7', podId: 'c', status: 'Pending', age: '5m' },
  { name: 'database-0', podId: 'd', status: 'Running', node: 'node-1', age: '1d 2h' },
]

const podHistory = [
  { podName: 'backend-0', podId: 'x', status: 'Failed', node: 'node-9', timestamp: '2026-01-05T10:00:00Z' },
  { podName: 'backend-1', podId: 'y', status: 'Running', node: null, timestamp: '2026-01-06T10:00:00Z' },
]

type Path = '/stats' | '/deployments' | '/pods' | '/pods/history'
type Answer = { status: number; body: string } | 'unreachable' | 'silence'

const json = (body: unknown, status = 200) => ({ status, body: JSON.stringify(body) })

/** Stands where the network would, below axios: what it says goes through axios' own parsing and errors. */
class FakeAPI {
  private answers = new Map<string, Answer>()
  /** How often each path was asked for. */
  readonly calls = new Map<string, number>()

  reset() {
    this.calls.clear()
    this.answers = new Map<string, Answer>([
      ['/stats', json(stats)],
      ['/deployments', json(deployments)],
      ['/pods', json(pods)],
      ['/pods/history', json(podHistory)],
    ])
  }

  answer(path: Path, body: unknown) { this.answers.set(path, json(body)) }
  answerText(path: Path, body: string) { this.answers.set(path, { status: 200, body }) }
  fail(path: Path, status: number, body: unknown) { this.answers.set(path, json(body, status)) }
  unreachable(path: Path) { this.answers.set(path, 'unreachable') }
  silent(path: Path) { this.answers.set(path, 'silence') }

  failAll(message: string) {
    for (const path of this.answers.keys()) this.fail(path as Path, 503, { error: { code: 'down', message } })
  }

  readonly adapter: AxiosAdapter = (config) => {
    const path = config.url ?? ''
    this.calls.set(path, (this.calls.get(path) ?? 0) + 1)
    const answer = config.baseURL === '/api' ? this.answers.get(path) : undefined
    if (answer === undefined) throw new Error(`nobody expected a request for ${config.baseURL ?? ''}${path}`)
    if (answer === 'silence') return new Promise(() => undefined)
    if (answer === 'unreachable') return Promise.reject(new AxiosError('Network Error', AxiosError.ERR_NETWORK, config))
    const response: AxiosResponse = { data: answer.body, status: answer.status, statusText: '', headers: {}, config }
    if (answer.status < 400) return Promise.resolve(response)
    return Promise.reject(new AxiosError('failed', AxiosError.ERR_BAD_RESPONSE, config, undefined, response))
  }
}

export const api = new FakeAPI()
