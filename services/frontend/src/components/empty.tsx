import type { ReactNode } from 'react'
import styles from './empty.module.css'

/** Says that there is nothing, and why that may be so or what to do. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.title}>{title}</p>
      <div className={styles.hint}>{children}</div>
    </div>
  )
}
