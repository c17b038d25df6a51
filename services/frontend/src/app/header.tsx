import { useEffect } from 'react'
import { Mark } from '@/components/icons'
import { useStats } from '@/features/stats/api/get-stats'
import { hasFailed } from '@/lib/has-failed'
import { Freshness } from './freshness'
import styles from './header.module.css'

export function Header() {
  const stats = useStats()
  const namespace = stats.data?.namespace

  useEffect(() => {
    document.title = namespace ? `${namespace} · Kubernetes dashboard` : 'Kubernetes dashboard'
  }, [namespace])

  return (
    <header className={styles.header}>
      <Mark />
      <div className={styles.title}>
        <p>{hasFailed(stats) && !namespace ? 'Kubernetes' : 'Kubernetes namespace'}</p>
        <h1>
          {namespace ?? (hasFailed(stats)
            ? 'Dashboard'
            : <><span className="visually-hidden">Dashboard</span><span className="skeleton" aria-hidden="true" /></>)}
        </h1>
      </div>
      <Freshness />
    </header>
  )
}
