import type { ApiError } from '@/lib/api-error'
import { formatClock } from '@/lib/time'
import { Button } from './button'
import { RefreshIcon, WarningIcon } from './icons'
import styles from './stale-note.module.css'

interface Props {
  what: string
  /** When the data shown was fetched, in milliseconds. */
  since: number
  error: ApiError
  busy: boolean
  onRetry: () => void
}

/** Stands above data that could not be refreshed. */
export function StaleNote({ what, since, error, busy, onRetry }: Props) {
  return (
    <div className={styles.note}>
      <WarningIcon />
      <p>
        <strong>{'Not refreshed since '}<time dateTime={new Date(since).toISOString()}>{formatClock(since)}</time>.</strong>
        {` ${error.message}`}
      </p>
      <Button busy={busy} onClick={onRetry} aria-label={`Retry ${what.toLowerCase()}`}>
        <RefreshIcon />
        {busy ? 'Retrying' : 'Retry'}
      </Button>
    </div>
  )
}
