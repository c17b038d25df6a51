/** True when every word of the filter occurs in one of the texts, whatever its case. An empty filter matches all. */
export function matches(filter: string, ...texts: string[]): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  return words.every((word) => texts.some((text) => text.toLowerCase().includes(word)))
}
