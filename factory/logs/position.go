package logs

import (
	"bufio"
	"hash/maphash"
	"io"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// position is how far a container's log has been read, so that reading goes on there after a lost connection without a
// line lost or told twice. The API server can only be asked for what is not older than a whole second, so the lines of
// the last seconds are remembered, and left out when they come again.
type position struct {
	// run is the one that is being read, done the last one that was read to its end.
	run, done string
	// first and last are the times of the first and the latest line.
	first, last time.Time
	// recent counts the lines of each of the last seconds, by their hash.
	recent map[int64]map[uint64]int
	// again are those of them that a log that was opened once more is about to repeat.
	again map[uint64]int
	// partial is the end of what was read when it is no whole line.
	partial string
}

// margin is how far back reading begins again before the latest line: lines of several streams of a container may be
// written a little out of order.
const margin = 1

var seed = maphash.MakeSeed()

// resume returns from when on the log is to be read once more; nil when nothing of it was read.
func (p *position) resume() *metav1.Time {
	p.partial = ""
	if p.last.IsZero() {
		return nil
	}
	p.again = map[uint64]int{}
	for _, lines := range p.recent {
		for hash, n := range lines {
			p.again[hash] += n
		}
	}
	from := metav1.Unix(p.last.Unix()-margin, 0)
	return &from
}

// fresh tells whether a line, as the API server wrote it, was not there before.
func (p *position) fresh(raw string, at time.Time) bool {
	if at.IsZero() {
		return true
	}
	hash := maphash.String(seed, raw)
	if p.again != nil {
		if p.again[hash] > 0 {
			p.again[hash]--
			return false
		}
		if at.Before(p.first) {
			return false // left out by Tail or Since
		}
	}
	if p.first.IsZero() {
		p.first = at
	}
	if p.recent == nil {
		p.recent = map[int64]map[uint64]int{}
	}
	second := at.Unix()
	if at.After(p.last) {
		p.last = at
		for old := range p.recent {
			if old < second-margin {
				delete(p.recent, old)
			}
		}
	}
	if second >= p.last.Unix()-margin {
		if p.recent[second] == nil {
			p.recent[second] = map[uint64]int{}
		}
		p.recent[second][hash]++
	}
	return true
}

// log is an open log of a container.
type log struct {
	io.Closer
	origin Origin
	reader *bufio.Reader
	at     *position
	// order decides between lines of the same time.
	order int
}

// next returns the next line that was not there before. io.EOF is the log's end as the server tells it; what then stands
// there without a newline is in the position, since it may be half a line.
func (l *log) next() (Line, error) {
	for {
		raw, err := l.reader.ReadString('\n')
		if err != nil {
			l.at.partial = raw
			return Line{}, err
		}
		if line, fresh := l.line(strings.TrimSuffix(raw, "\n")); fresh {
			return line, nil
		}
	}
}

func (l *log) line(raw string) (Line, bool) {
	line := Line{Origin: l.origin, Text: raw}
	if stamp, text, found := strings.Cut(raw, " "); found {
		if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
			line.Time, line.Text = at, text
		}
	}
	return line, l.at.fresh(raw, line.Time)
}

// rest is what stands at the end of a log without a newline, once it is known that nothing follows; io.EOF if nothing does.
func (l *log) rest() (Line, error) {
	raw := l.at.partial
	l.at.partial = ""
	if line, fresh := l.line(raw); raw != "" && fresh {
		return line, nil
	}
	return Line{}, io.EOF
}
