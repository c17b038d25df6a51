import { SearchIcon } from './icons'
import styles from './filter-box.module.css'

interface Props {
  label: string
  value: string
  onChange: (value: string) => void
}

export function FilterBox({ label, value, onChange }: Props) {
  return (
    <div className={styles.box} role="search">
      <SearchIcon />
      <input type="search" aria-label={label} placeholder={label} value={value} autoComplete="off" spellCheck={false}
        onChange={(event) => { onChange(event.target.value) }} />
    </div>
  )
}
