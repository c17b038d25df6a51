import { useState } from 'react'
import { FilterBox } from '@/components/filter-box'
import { DeploymentsRegion } from '@/features/deployments/components/deployments-region'
import { HistoryRegion } from '@/features/history/components/history-region'
import { PodsRegion } from '@/features/pods/components/pods-region'
import { StatsRegion } from '@/features/stats/components/stats-region'
import { Announcer } from './announcer'
import { Header } from './header'
import styles from './dashboard.module.css'

export function Dashboard() {
  const [filter, setFilter] = useState('')
  const clear = () => { setFilter('') }
  return (
    <div className={styles.page}>
      <a className="skip-link" href="#main">Skip to the data</a>
      <Header />
      <main id="main" tabIndex={-1} className={styles.main}>
        <StatsRegion />
        <div className={styles.filter}>
          <FilterBox label="Filter by name, status or node" value={filter} onChange={setFilter} />
        </div>
        <div className={styles.lists}>
          <DeploymentsRegion filter={filter} onClearFilter={clear} />
          <PodsRegion filter={filter} onClearFilter={clear} />
        </div>
        <HistoryRegion />
      </main>
      <Announcer />
    </div>
  )
}
