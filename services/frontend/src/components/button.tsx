import type { ButtonHTMLAttributes } from 'react'
import { classNames } from '@/lib/class-names'
import styles from './button.module.css'

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** Work is under way: the icon turns, a further press does nothing, and the focus stays where it is. */
  busy?: boolean
}

export function Button({ busy = false, className, onClick, children, ...rest }: Props) {
  return (
    <button type="button" {...rest} className={classNames(styles.button, className)} aria-disabled={busy || undefined}
      data-busy={busy || undefined} onClick={busy ? undefined : onClick}>
      {children}
    </button>
  )
}
