import { useIsFetching, useQueryClient } from '@tanstack/react-query'
import { Button } from '@/components/button'
import { RefreshIcon } from '@/components/icons'
import { formatAgo } from '@/lib/time'
import { useNow } from '@/lib/use-now'
import { useOverview } from './use-overview'
import styles from './freshness.module.css'

/** How old the oldest data on the page is, and the means to renew it. */
export function Freshness() {
  const client = useQueryClient()
  const fetching = useIsFetching() > 0
  const { updatedAt } = useOverview()
  const now = useNow()

  return (
    <div className={styles.freshness}>
      <span className={styles.age} title="Refreshes by itself every 30 seconds">
        {updatedAt === undefined ? (fetching ? 'Loading' : 'Not updated') : `Updated ${formatAgo(updatedAt, now)}`}
      </span>
      <Button busy={fetching} onClick={() => { void client.refetchQueries({ type: 'active' }, { cancelRefetch: false }) }}>
        <RefreshIcon />
        Refresh
      </Button>
    </div>
  )
}
