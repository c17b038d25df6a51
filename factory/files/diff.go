package files

import "bytes"

// Difference sums up how two texts differ: what lies between their common beginning and their common end.
type Difference struct {
	// Line is the first line that differs, from one.
	Line int
	// Removed and Added count the lines in between.
	Removed, Added int
	// Before and After are the first line in between, shortened; empty when there is none.
	Before, After string
}

// Diff compares two texts by lines. The line that holds the stamp differs whenever another does and is left out.
func Diff(before, after []byte) Difference {
	a, b := lines(before), lines(after)
	start := 0
	for start < len(a) && start < len(b) && bytes.Equal(a[start], b[start]) {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && bytes.Equal(a[len(a)-1-end], b[len(b)-1-end]) {
		end++
	}
	a, b = a[start:len(a)-end], b[start:len(b)-end]
	return Difference{Line: start + 1, Removed: len(a), Added: len(b), Before: first(a), After: first(b)}
}

// lines splits a text and blanks the line with the stamp.
func lines(text []byte) [][]byte {
	all := bytes.Split(text, []byte("\n"))
	for i, line := range all[:min(len(all), 3)] {
		if bytes.Contains(line, []byte("factory:sha256:")) {
			all[i] = nil
		}
	}
	return all
}

func first(lines [][]byte) string {
	if len(lines) == 0 {
		return ""
	}
	if line := []rune(string(lines[0])); len(line) > 100 {
		return string(line[:100]) + "…"
	}
	return string(lines[0])
}
