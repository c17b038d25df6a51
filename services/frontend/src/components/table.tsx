import type { ReactNode } from 'react'
import { classNames } from '@/lib/class-names'
import styles from './table.module.css'

export interface Column {
  title: string
  /** CSS width; columns without one share what is left. */
  width?: string
  align?: 'end'
  /** Left out on narrow screens; what it says then has to appear elsewhere in the row. */
  wideOnly?: boolean
}

interface Props {
  /** Read out by screen readers, not shown: the region's title says the same to the eye. */
  caption: string
  columns: Column[]
  children: ReactNode
}

export function Table({ caption, columns, children }: Props) {
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title, width, align, wideOnly }) => (
            <th key={title} scope="col" className={classNames(align && styles.end, wideOnly && styles.wideOnly)} style={{ width }}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

interface CellProps {
  children?: ReactNode
  align?: 'end'
  wideOnly?: boolean
}

export function Cell({ children, align, wideOnly }: CellProps) {
  return <td className={classNames(align && styles.end, wideOnly && styles.wideOnly)}>{children}</td>
}

/** The first cell of a row: the name that the other cells tell about. On narrow screens, `below` says what those left out. */
export function NameCell({ children, below }: { children: ReactNode; below?: ReactNode }) {
  return (
    <th scope="row" className={styles.name}>
      {children}
      {below !== undefined && <span className={styles.below} data-narrow>{below}</span>}
    </th>
  )
}

/** A table of `rows` rows that has yet to come, as high as the one that replaces it. */
export function TableSkeleton({ columns, rows }: { columns: Column[]; rows: number }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {columns.map(({ title, width, align, wideOnly }) => (
            <td key={title} className={classNames(styles.head, align && styles.end, wideOnly && styles.wideOnly)} style={{ width }}>{title}</td>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          <tr key={row} className={styles.pending}>
            {columns.map(({ title, align, wideOnly }) => (
              <Cell key={title} align={align} wideOnly={wideOnly}><span className="skeleton" /></Cell>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
