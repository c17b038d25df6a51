import { Button } from './button'
import { Empty } from './empty'

/** Says that the filter, not the cluster, is why a list is empty. */
export function NoMatch({ filter, onClear }: { filter: string; onClear: () => void }) {
  return (
    <Empty title={`Nothing matches “${filter}”`}>
      <Button onClick={onClear}>Clear filter</Button>
    </Empty>
  )
}
