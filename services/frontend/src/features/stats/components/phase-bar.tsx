import styles from './phase-bar.module.css'

interface Props {
  running: number
  pending: number
  other: number
}

/** How the pods divide into phases, for the eye only: the figures above it say it in words. */
export function PhaseBar({ running, pending, other }: Props) {
  const parts = [
    { tone: 'ok', pods: running },
    { tone: 'wait', pods: pending },
    { tone: 'idle', pods: other },
  ]
  return (
    <div className={styles.bar} aria-hidden="true">
      {parts.filter(({ pods }) => pods > 0).map(({ tone, pods }) => (
        <span key={tone} data-tone={tone} style={{ flexGrow: pods }} />
      ))}
    </div>
  )
}
