import type { ReactNode } from 'react'
import type { Tone } from '@/lib/pod-status'

function Icon({ children, size = 16 }: { children: ReactNode; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.6"
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
      {children}
    </svg>
  )
}

export function RefreshIcon() {
  return <Icon><path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9" /><path d="M13.7 1.8v3h-3" /></Icon>
}

export function SearchIcon() {
  return <Icon><circle cx="7" cy="7" r="4.5" /><path d="m10.5 10.5 3 3" /></Icon>
}

export function WarningIcon({ size = 16 }: { size?: number }) {
  return <Icon size={size}><path d="M8 2.2 14.3 13H1.7z" /><path d="M8 6.4v3M8 11.2v.1" /></Icon>
}

/** A shape of its own for each tone, so that colour is never the only difference. */
export function ToneIcon({ tone }: { tone: Tone }) {
  switch (tone) {
    case 'ok':
      return <Icon size={14}><circle cx="8" cy="8" r="6" /><path d="m5.4 8.2 1.8 1.8 3.4-3.8" /></Icon>
    case 'wait':
      return <Icon size={14}><circle cx="8" cy="8" r="6" strokeDasharray="2.6 2.1" /></Icon>
    case 'bad':
      return <Icon size={14}><circle cx="8" cy="8" r="6" /><path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2" /></Icon>
    case 'idle':
      return <Icon size={14}><circle cx="8" cy="8" r="6" /><path d="M5.4 8h5.2" /></Icon>
  }
}

/** The dashboard's mark: what the favicon shows. */
export function Mark() {
  return (
    <svg width="36" height="36" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent-solid)" />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinejoin="round" strokeLinecap="round">
        <path d="m16 7 9 4.6-9 4.6-9-4.6z" fill="#fff" />
        <path d="m7 16.4 9 4.6 9-4.6M7 21.2l9 4.6 9-4.6" />
      </g>
    </svg>
  )
}
