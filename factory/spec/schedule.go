package spec

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Schedule is when a CronJob runs, in the five fields of cron (minute, hour, day of month, month, day of week), or one of
// @yearly, @monthly, @weekly, @daily, @hourly and @every 90m. A field is *, a number, a-b, any of these with /step, or several
// of them with commas; months and days of the week may be said by name (JAN, MON). Sunday is 0.
//
//spec:schema {type: string, pattern: "^(@(yearly|annually|monthly|weekly|daily|midnight|hourly|every .+)|[^ @]+( +[^ ]+){4})$"}
type Schedule string

// cronField is one of the five, with its range and, where there are any, its names from the first on.
type cronField struct {
	name     string
	min, max int
	names    string
}

func cronFields() [5]cronField {
	return [5]cronField{
		{name: "minute", min: 0, max: 59},
		{name: "hour", min: 0, max: 23},
		{name: "day of the month", min: 1, max: 31},
		{name: "month", min: 1, max: 12, names: "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"},
		{name: "day of the week", min: 0, max: 6, names: "SUN MON TUE WED THU FRI SAT"},
	}
}

func (s *Schedule) decodeNode(d *decoder, n *yaml.Node) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	if cause := wrongSchedule(text); cause != "" {
		d.problem(n, "the schedule %q does not fit: %s", short(text), cause)
		return
	}
	*s = Schedule(text)
}

// wrongSchedule returns what keeps Kubernetes from accepting the schedule, or a schedule from ever coming.
func wrongSchedule(text string) string {
	if strings.HasPrefix(text, "@") {
		return wrongShorthand(text)
	}
	if strings.Contains(text, "TZ=") {
		return "Kubernetes takes no time zone here, say it as cron.timeZone"
	}
	words := strings.Fields(text)
	fields := cronFields()
	if len(words) != len(fields) {
		return "write minute, hour, day of the month, month and day of the week, as in \"30 4 * * 1-5\""
	}
	var chosen [5]uint64
	for i, field := range fields {
		set, cause := field.read(words[i])
		if cause != "" {
			return cause
		}
		chosen[i] = set
	}
	// A day of the month and one of the week are alternatives, so the calendar can only rule out the former alone.
	if words[4] == "*" || words[4] == "?" {
		longest := [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
		for month, days := range longest {
			if chosen[3]>>month&1 == 1 && chosen[2]&(1<<(days+1)-1) != 0 {
				return ""
			}
		}
		return "no month that it names has such a day"
	}
	return ""
}

func wrongShorthand(text string) string {
	known := []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
	for _, word := range known {
		if text == word {
			return ""
		}
	}
	if interval, every := strings.CutPrefix(text, "@every "); every {
		if length, err := time.ParseDuration(interval); err != nil || length < time.Second {
			return "write the interval as 90m or 12h"
		}
		return ""
	}
	return didYouMean(text, append(known, "@every 90m"))
}

// read returns the numbers that a field's word names as bits, or what is wrong with it.
func (f cronField) read(word string) (set uint64, cause string) {
	for _, part := range strings.Split(word, ",") {
		span, step, stepped := strings.Cut(part, "/")
		low, high, ranged := strings.Cut(span, "-")
		from, to := f.min, f.max
		if span != "*" && span != "?" {
			var ok bool
			if from, ok = f.number(low); !ok {
				return 0, f.wrong(low)
			}
			switch {
			case ranged:
				if to, ok = f.number(high); !ok {
					return 0, f.wrong(high)
				}
			case !stepped:
				to = from
			}
		}
		every := 1
		if stepped {
			var err error
			if every, err = strconv.Atoi(step); err != nil || !onlyDigits(step) || every < 1 {
				return 0, "the step of the " + f.name + ", " + strconv.Quote(short(step)) + ", is not a number from 1"
			}
		}
		if from > to {
			return 0, "the " + f.name + " goes from " + low + " back to " + high
		}
		for i := from; i <= to; i += every {
			set |= 1 << i
		}
	}
	return set, ""
}

func (f cronField) number(word string) (int, bool) {
	for i, name := range strings.Fields(f.names) {
		if strings.EqualFold(name, word) {
			return f.min + i, true
		}
	}
	number, err := strconv.Atoi(word)
	return number, err == nil && onlyDigits(word) && number >= f.min && number <= f.max
}

func (f cronField) wrong(word string) string {
	said := "the " + f.name + " is " + strconv.Itoa(f.min) + " to " + strconv.Itoa(f.max)
	if f.names != "" {
		first, _, _ := strings.Cut(f.names, " ")
		said += " or a name such as " + first
	}
	return said + ", not " + strconv.Quote(short(word))
}
