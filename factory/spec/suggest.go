package spec

import (
	"fmt"
	"strings"
)

// DidYouMean ends a message about an unknown word with the known word nearest to it, for those who know words that specs
// hold and that this package does not.
func DidYouMean(word string, known []string) string { return didYouMean(word, known) }

// didYouMean ends a message about an unknown word with the known word nearest to it, or with
// those that there are when none is near.
func didYouMean(word string, known []string) string {
	best, bestDistance := "", (len(word)+1)/3+1 // a third of the word may be wrong
	for _, candidate := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	switch {
	case best != "":
		return `did you mean "` + best + `"?`
	case len(known) == 0:
		return "nothing can be said here"
	default:
		const most = 24 // more of them nobody reads
		if more := len(known) - most; more > 1 {
			return fmt.Sprintf("known here: %s and %d more", strings.Join(known[:most], ", "), more)
		}
		return "known here: " + strings.Join(known, ", ")
	}
}

// distance is the optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
func distance(a, b string) int {
	const longest = 64 // keys are short; a longer word is nobody's typing error
	if len(a) > longest || len(b) > longest {
		return longest
	}
	var rows [3][longest + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, current := &rows[(i+1)%3], &rows[(i+2)%3], &rows[i%3]
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
