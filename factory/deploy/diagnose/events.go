package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const shownEvents = 5

// EventTime is when an event was last seen; the API has three fields for it.
func EventTime(event *corev1.Event) time.Time {
	switch {
	case event.Series != nil && !event.Series.LastObservedTime.IsZero():
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	case !event.EventTime.IsZero():
		return event.EventTime.Time
	default:
		return event.CreationTimestamp.Time
	}
}

// SortEvents orders events by when they were last seen, the oldest first. Most times have whole seconds: names decide.
func SortEvents(events []*corev1.Event) {
	slices.SortFunc(events, func(a, b *corev1.Event) int {
		return cmp.Or(EventTime(a).Compare(EventTime(b)), cmp.Compare(a.Name, b.Name))
	})
}

// describe writes the newest events as lines, the oldest first.
func describe(events []*corev1.Event) []string {
	events = slices.Clone(events)
	SortEvents(events)
	if len(events) > shownEvents {
		events = events[len(events)-shownEvents:]
	}
	var lines []string
	for _, event := range events {
		line := fmt.Sprintf("%s %s: %s", EventTime(event).Local().Format("15:04:05"), event.Reason, strings.TrimSpace(event.Message))
		if event.Count > 1 {
			line += fmt.Sprintf(" (%d times)", event.Count)
		}
		lines = append(lines, line)
	}
	return lines
}

// newest returns the last seen event for which match holds, or nil.
func newest(events []*corev1.Event, match func(*corev1.Event) bool) *corev1.Event {
	var found *corev1.Event
	for _, event := range events {
		if match(event) && (found == nil || EventTime(event).After(EventTime(found))) {
			found = event
		}
	}
	return found
}

func withReason(reasons ...string) func(*corev1.Event) bool {
	return func(event *corev1.Event) bool { return slices.Contains(reasons, event.Reason) }
}
