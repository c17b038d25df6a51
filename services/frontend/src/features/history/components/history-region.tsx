import { useState } from 'react'
import { Count } from '@/components/count'
import { Empty } from '@/components/empty'
import { PodName } from '@/components/pod-name'
import { Region } from '@/components/region'
import { Status } from '@/components/status'
import { Cell, NameCell, Table, TableSkeleton, type Column } from '@/components/table'
import { podTone } from '@/lib/pod-status'
import { formatTimestamp } from '@/lib/time'
import { usePodHistory, type PodRecord } from '../api/get-pod-history'
import styles from './history.module.css'

const columns: Column[] = [
  { title: 'Name' },
  { title: 'Status', width: '11rem', wideOnly: true },
  { title: 'Node', width: '12rem', wideOnly: true },
  { title: 'Recorded', width: '13rem', align: 'end' },
]

/** What the database remembers, pods that are gone included. Nothing is asked of it before somebody opens this. */
export function HistoryRegion() {
  const [open, setOpen] = useState(false)
  return (
    <details className={styles.details} onToggle={(event) => { setOpen(event.currentTarget.open) }}>
      <summary>Pod history</summary>
      {open && <History />}
    </details>
  )
}

function History() {
  return (
    <Region title="Recorded pods" query={usePodHistory()} skeleton={<TableSkeleton columns={columns} rows={5} />}
      aside={(all) => <Count shown={all.length} total={all.length} />}>
      {(all) => all.length === 0
        ? <Empty title="Nothing recorded yet">The backend writes each pod it sees into the database.</Empty>
        : (
            <Table caption="Recorded pods, the latest first" columns={columns}>
              {all.map((record) => <Row key={`${record.podId} ${record.timestamp}`} record={record} />)}
            </Table>
          )}
    </Region>
  )
}

function Row({ record: { podName, status, node, timestamp } }: { record: PodRecord }) {
  const state = <Status tone={podTone(status)} label={status} />
  return (
    <tr>
      <NameCell below={<>{state}{node}</>}><PodName name={podName} /></NameCell>
      <Cell wideOnly>{state}</Cell>
      <Cell wideOnly>{node}</Cell>
      <Cell align="end"><time dateTime={timestamp}>{formatTimestamp(timestamp)}</time></Cell>
    </tr>
  )
}
