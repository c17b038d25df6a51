import type { ApiError } from '@/lib/api-error'
import { Button } from './button'
import { RefreshIcon, WarningIcon } from './icons'
import styles from './failure.module.css'

interface Props {
  what: string
  error: ApiError
  busy: boolean
  onRetry: () => void
}

/** Stands where data would: nothing was ever loaded. */
export function Failure({ what, error, busy, onRetry }: Props) {
  return (
    <div className={styles.failure}>
      <span className={styles.icon}><WarningIcon size={20} /></span>
      <div className={styles.words}>
        <p className={styles.title}>{`${what} could not be loaded`}</p>
        <p className={styles.cause}>{error.message}</p>
        <p className={styles.trace}>{error.trace}</p>
      </div>
      <Button busy={busy} onClick={onRetry} aria-label={`Retry ${what.toLowerCase()}`}>
        <RefreshIcon />
        {busy ? 'Retrying' : 'Retry'}
      </Button>
    </div>
  )
}
