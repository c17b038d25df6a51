package api

import (
	"fmt"
	"time"
)

// age tells how long ago created was, in its two largest units, a zero second unit left out: "1d 2h", "2h 5m", "2h",
// "5m 30s", "30s". The largest unit is the day. A time in the future (clocks differ) is "0s".
func age(created, now time.Time) string {
	seconds := max(int64(now.Sub(created)/time.Second), 0)
	units := []struct {
		name string
		size int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	for i, unit := range units {
		whole := seconds / unit.size
		if whole == 0 {
			continue
		}
		text := fmt.Sprintf("%d%s", whole, unit.name)
		if i+1 < len(units) {
			if rest := seconds % unit.size / units[i+1].size; rest > 0 {
				text += fmt.Sprintf(" %d%s", rest, units[i+1].name)
			}
		}
		return text
	}
	return "0s"
}
