import { useOverview } from './use-overview'

/** Tells screen readers what changed. An unchanged sentence is not read again, so a quiet refresh stays quiet. */
export function Announcer() {
  const { summary } = useOverview()
  return <p className="visually-hidden" role="status" aria-live="polite">{summary}</p>
}
