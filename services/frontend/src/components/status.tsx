import type { Tone } from '@/lib/pod-status'
import { ToneIcon } from './icons'
import styles from './status.module.css'

/** A state in words, with the colour and shape of its tone. */
export function Status({ tone, label }: { tone: Tone; label: string }) {
  return (
    <span className={styles.status} data-tone={tone}>
      <ToneIcon tone={tone} />
      {label}
    </span>
  )
}
