import styles from './pod-name.module.css'

// What a ReplicaSet, a DaemonSet or a StatefulSet appends to the name of its pods.
const suffix = /(-[a-z0-9]{6,10})?-([a-z0-9]{5}|\d+)$/

/** A pod's name, with the part that a controller made up set back behind the part that a person chose. */
export function PodName({ name }: { name: string }) {
  const made = suffix.exec(name)?.[0] ?? ''
  return <>{name.slice(0, name.length - made.length)}<span className={styles.made}>{made}</span></>
}
