export type Tone = 'ok' | 'wait' | 'bad' | 'idle'

const done = new Set(['Succeeded', 'Completed'])
const failed = /BackOff|^Err|Error|Failed|Evicted|OOMKilled|Invalid|Unknown|NodeLost|DeadlineExceeded/

/** How a pod's phase, or the reason kubectl shows in its place, is to be taken. What is not known counts as waiting. */
export function podTone(status: string): Tone {
  if (status === 'Running') return 'ok'
  if (done.has(status)) return 'idle'
  return failed.test(status) ? 'bad' : 'wait'
}
