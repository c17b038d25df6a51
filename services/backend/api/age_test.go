package api

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		-time.Minute:                      "0s",
		0:                                 "0s",
		999 * time.Millisecond:            "0s",
		30 * time.Second:                  "30s",
		59 * time.Second:                  "59s",
		time.Minute:                       "1m",
		5 * time.Minute:                   "5m",
		5*time.Minute + 30*time.Second:    "5m 30s",
		time.Hour - time.Second:           "59m 59s",
		2 * time.Hour:                     "2h",
		2*time.Hour + 59*time.Second:      "2h",
		2*time.Hour + 5*time.Minute:       "2h 5m",
		day:                               "1d",
		day + 2*time.Hour:                 "1d 2h",
		day + 59*time.Minute:              "1d",
		400*day + 23*time.Hour + 3600e9/2: "400d 23h",
	} {
		if got := age(now.Add(-d), now); got != want {
			t.Errorf("age of %s is %q, want %q", d, got, want)
		}
	}
}
