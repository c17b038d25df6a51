import { useId, useRef, useState, type ReactNode } from 'react'
import type { ApiError } from '@/lib/api-error'
import { classNames } from '@/lib/class-names'
import { ErrorBoundary } from './error-boundary'
import { Failure } from './failure'
import { StaleNote } from './stale-note'
import styles from './region.module.css'

/** The part of a query's result that a region shows. */
export interface RegionQuery<T> {
  data: T | undefined
  error: ApiError | null
  isFetching: boolean
  dataUpdatedAt: number
  refetch: () => Promise<{ isSuccess: boolean }>
}

interface Props<T> {
  title: string
  /** Keeps the title for screen readers only. */
  titleHidden?: boolean
  query: RegionQuery<T>
  /** As high as what it stands for. */
  skeleton: ReactNode
  /** Beside the title, once there is data. */
  aside?: (data: T) => ReactNode
  children: (data: T) => ReactNode
}

/** One region of the page with a life of its own: it loads, fails, goes stale and recovers without its neighbours. */
export function Region<T>({ title, titleHidden, query, skeleton, aside, children }: Props<T>) {
  const titleId = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  const { data, isFetching, dataUpdatedAt } = query
  const error = useLastingError(query)

  // The button that was pressed goes away with the failure; the focus moves to the region it belonged to.
  const retry = () => {
    void query.refetch().then((result) => { if (result.isSuccess) heading.current?.focus() })
  }

  return (
    <section className={styles.region} aria-labelledby={titleId} aria-busy={isFetching}>
      <div className={classNames(styles.header, titleHidden && 'visually-hidden')}>
        <h2 id={titleId} ref={heading} tabIndex={-1}>{title}</h2>
        {data !== undefined && aside?.(data)}
      </div>
      <ErrorBoundary what={title}>
        {data !== undefined && error && <StaleNote what={title} since={dataUpdatedAt} error={error} busy={isFetching} onRetry={retry} />}
        {data !== undefined && children(data)}
        {data === undefined && error && <Failure what={title} error={error} busy={isFetching} onRetry={retry} />}
        {data === undefined && !error && (
          <>
            <p className="visually-hidden">{`Loading ${title.toLowerCase()}`}</p>
            <div aria-hidden="true">{skeleton}</div>
          </>
        )}
      </ErrorBoundary>
    </section>
  )
}

/** A query that never had data forgets its error when it tries again; the page keeps showing it until there is an answer. */
function useLastingError<T>({ data, error }: RegionQuery<T>): ApiError | null {
  const [last, setLast] = useState<ApiError | null>(null)
  if (error && error !== last) setLast(error)
  if (data !== undefined && !error && last) setLast(null)
  return error ?? (data === undefined ? last : null)
}
