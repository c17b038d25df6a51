import { Count } from '@/components/count'
import { Empty } from '@/components/empty'
import { NoMatch } from '@/components/no-match'
import { Region } from '@/components/region'
import { Status } from '@/components/status'
import { Cell, NameCell, Table, TableSkeleton, type Column } from '@/components/table'
import { matches } from '@/lib/matches'
import { useDeployments, type Deployment } from '../api/get-deployments'
import { deploymentState } from './deployment-state'
import { ReplicaMeter } from './replica-meter'

const columns: Column[] = [
  { title: 'Name' },
  { title: 'Status', width: '11rem', wideOnly: true },
  { title: 'Replicas', width: '9rem' },
  { title: 'Available', width: '7rem', wideOnly: true },
  { title: 'Age', width: '5rem', align: 'end', wideOnly: true },
]

interface Props {
  filter: string
  onClearFilter: () => void
}

export function DeploymentsRegion({ filter, onClearFilter }: Props) {
  const select = (all: Deployment[]) =>
    all.filter((deployment) => matches(filter, deployment.name, deploymentState(deployment).label))

  return (
    <Region title="Deployments" query={useDeployments()} skeleton={<TableSkeleton columns={columns} rows={2} />}
      aside={(all) => <Count shown={select(all).length} total={all.length} />}>
      {(all) => {
        const shown = select(all)
        if (all.length === 0) {
          return <Empty title="No deployments">The namespace has none yet. A new one appears here within 30 seconds.</Empty>
        }
        if (shown.length === 0) return <NoMatch filter={filter} onClear={onClearFilter} />
        return (
          <Table caption="Deployments with their replica counts" columns={columns}>
            {shown.map((deployment) => <Row key={deployment.name} deployment={deployment} />)}
          </Table>
        )
      }}
    </Region>
  )
}

function Row({ deployment }: { deployment: Deployment }) {
  const { name, replicas, ready, available, age } = deployment
  const status = <Status {...deploymentState(deployment)} />
  return (
    <tr>
      <NameCell below={<>{status}{age}</>}>{name}</NameCell>
      <Cell wideOnly>{status}</Cell>
      <Cell><ReplicaMeter ready={ready} replicas={replicas} /></Cell>
      <Cell wideOnly>{available}</Cell>
      <Cell align="end" wideOnly>{age}</Cell>
    </tr>
  )
}
