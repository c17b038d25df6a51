import { expect, it } from 'vitest'
import { podTone } from './pod-status'

it.each([
  ['ok', ['Running']],
  ['idle', ['Succeeded', 'Completed']],
  ['wait', ['Pending', 'ContainerCreating', 'PodInitializing', 'Terminating', 'Init:0/1', 'SomethingNew']],
  ['bad', ['Failed', 'Error', 'CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'OOMKilled', 'Evicted', 'Unknown',
    'CreateContainerConfigError', 'Init:CrashLoopBackOff', 'Init:Error', 'InvalidImageName']],
])('%s: %s', (tone, statuses) => {
  for (const status of statuses) expect([status, podTone(status)]).toEqual([status, tone])
})
