import { Region } from '@/components/region'
import { useStats, type Stats } from '../api/get-stats'
import { PhaseBar } from './phase-bar'
import styles from './stats.module.css'

export function StatsRegion() {
  return (
    <Region title="Statistics" titleHidden query={useStats()} skeleton={<Skeleton />}>
      {(stats) => <Figures stats={stats} />}
    </Region>
  )
}

function Figures({ stats }: { stats: Stats }) {
  const other = stats.totalPods - stats.runningPods - stats.pendingPods
  return (
    <>
      <dl className={styles.figures}>
        <Figure title="Deployments" value={stats.totalDeployments} />
        <Figure title="Pods" value={stats.totalPods} note={other > 0 ? `${other} ended or failed` : undefined} />
        <Figure title="Running" value={stats.runningPods} tone="ok" />
        <Figure title="Pending" value={stats.pendingPods} tone="wait" />
      </dl>
      <PhaseBar running={stats.runningPods} pending={stats.pendingPods} other={other} />
    </>
  )
}

interface FigureProps {
  title: string
  value: number
  note?: string
  /** Colours the figure while it is not zero. */
  tone?: 'ok' | 'wait'
}

function Figure({ title, value, note, tone }: FigureProps) {
  return (
    <div className={styles.figure} data-tone={value > 0 ? tone : undefined}>
      <dt>{title}</dt>
      <dd>
        {value.toLocaleString()}
        {note && <span className={styles.note}>{note}</span>}
      </dd>
    </div>
  )
}

function Skeleton() {
  return (
    <>
      <div className={styles.figures}>
        {['Deployments', 'Pods', 'Running', 'Pending'].map((title) => (
          <div key={title} className={styles.figure}>
            <div className={styles.title}>{title}</div>
            <div className={styles.value}><span className="skeleton" /></div>
          </div>
        ))}
      </div>
      <PhaseBar running={0} pending={0} other={0} />
    </>
  )
}
