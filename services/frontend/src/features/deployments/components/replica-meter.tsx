import styles from './replica-meter.module.css'

const mostSegments = 6

/** "2/3" with one segment a replica; with many replicas, one bar. */
export function ReplicaMeter({ ready, replicas }: { ready: number; replicas: number }) {
  const segments = replicas <= mostSegments
  return (
    <span className={styles.meter}>
      <span className="visually-hidden">{`${ready} of ${replicas} ready`}</span>
      <span className={styles.words} aria-hidden="true">{`${ready}/${replicas}`}</span>
      <span className={styles.track} aria-hidden="true">
        {segments
          ? Array.from({ length: replicas }, (_, i) => <span key={i} className={styles.segment} data-filled={i < ready || undefined} />)
          : <>
              <span className={styles.segment} data-filled style={{ flexGrow: ready }} />
              <span className={styles.segment} style={{ flexGrow: Math.max(0, replicas - ready) }} />
            </>}
      </span>
    </span>
  )
}
