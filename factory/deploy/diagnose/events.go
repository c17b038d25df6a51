package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	shownEvents  = 5
	eventLetters = 240
)

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

// describe writes the newest events as lines, the oldest first. Of events that begin alike, as those about each pod that
// could not be made do, the newest stands for all.
func describe(events []*corev1.Event) []string {
	events = slices.Clone(events)
	SortEvents(events)
	last := map[string]*corev1.Event{}
	beginning := func(event *corev1.Event) string { return event.Reason + event.Message[:min(len(event.Message), 15)] }
	for _, event := range events {
		last[beginning(event)] = event
	}
	events = slices.DeleteFunc(events, func(event *corev1.Event) bool { return last[beginning(event)] != event })
	if len(events) > shownEvents {
		events = events[len(events)-shownEvents:]
	}
	var lines []string
	for _, event := range events {
		line := fmt.Sprintf("%s %s: %s", EventTime(event).Local().Format("15:04:05"), event.Reason, shorten(event.Message))
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

// shorten keeps an event on a line or two; the whole of what matters is in the finding's detail.
func shorten(message string) string {
	letters := []rune(strings.TrimSpace(message))
	if len(letters) <= eventLetters {
		return string(letters)
	}
	return string(letters[:eventLetters]) + "…"
}
