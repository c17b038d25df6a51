import { Count } from '@/components/count'
import { Empty } from '@/components/empty'
import { NoMatch } from '@/components/no-match'
import { PodName } from '@/components/pod-name'
import { Region } from '@/components/region'
import { Status } from '@/components/status'
import { Cell, NameCell, Table, TableSkeleton, type Column } from '@/components/table'
import { matches } from '@/lib/matches'
import { podTone } from '@/lib/pod-status'
import { usePods, type Pod } from '../api/get-pods'

const columns: Column[] = [
  { title: 'Name' },
  { title: 'Status', width: '11rem', wideOnly: true },
  { title: 'Node', width: '16rem', wideOnly: true },
  { title: 'Age', width: '5rem', align: 'end' },
]

interface Props {
  filter: string
  onClearFilter: () => void
}

export function PodsRegion({ filter, onClearFilter }: Props) {
  const select = (all: Pod[]) => all.filter((pod) => matches(filter, pod.name, pod.status, pod.node))

  return (
    <Region title="Pods" query={usePods()} skeleton={<TableSkeleton columns={columns} rows={5} />}
      aside={(all) => <Count shown={select(all).length} total={all.length} />}>
      {(all) => {
        const shown = select(all)
        if (all.length === 0) {
          return <Empty title="No pods">Nothing runs in the namespace. A new pod appears here within 30 seconds.</Empty>
        }
        if (shown.length === 0) return <NoMatch filter={filter} onClear={onClearFilter} />
        return (
          <Table caption="Pods with their status, node and age" columns={columns}>
            {shown.map((pod) => <Row key={pod.podId} pod={pod} />)}
          </Table>
        )
      }}
    </Region>
  )
}

function Row({ pod: { name, status, node, age } }: { pod: Pod }) {
  const place = node === '' ? 'No node yet' : node
  const state = <Status tone={podTone(status)} label={status} />
  return (
    <tr>
      <NameCell below={<>{state}{place}</>}><PodName name={name} /></NameCell>
      <Cell wideOnly>{state}</Cell>
      <Cell wideOnly>{place}</Cell>
      <Cell align="end">{age}</Cell>
    </tr>
  )
}
