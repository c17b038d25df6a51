import styles from './count.module.css'

/** How many of what there are, beside a title. When a filter hides some: "2 of 5". */
export function Count({ shown, total }: { shown: number; total: number }) {
  return <span className={styles.count}>{shown === total ? total : `${shown} of ${total}`}</span>
}
