package draft

import (
	"slices"
	"strconv"
	"strings"
)

// Address is a place in a text that names a host that is known.
type Address struct {
	// Start and End are those of the name.
	Start, End int
	// Port is the number that follows, 0 when none does. It ends at PortEnd.
	Port, PortEnd int
}

// Addresses finds where a text names known hosts: behind // or @, before a port's number, behind an option for hosts (as in psql -h), or
// as a whole where the context says that hosts are meant (as in DB_HOST). A word that is merely the same as a host's name is none.
func Addresses(text string, hosts bool, known func(name string) bool) []Address {
	var found []Address
	for i := 0; i < len(text); {
		if !hostByte(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && hostByte(text[end]) {
			end++
		}
		if known(text[i:end]) {
			a := Address{Start: i, End: end}
			a.Port, a.PortEnd = portAfter(text, end)
			before := strings.HasSuffix(text[:i], "//") || strings.HasSuffix(text[:i], "@")
			separate := i == 0 || strings.IndexByte(",;= ([\"'\n\t", text[i-1]) >= 0
			alone := end == len(text) || strings.IndexByte(",; )]\"'\n\t", text[end]) >= 0
			meant := hosts || afterOption(text[:i]) || numberFollows(text[end:])
			if before || separate && a.Port > 0 && likelyPort(a.Port) || meant && separate && alone {
				found = append(found, a)
			}
		}
		i = end
	}
	return found
}

// afterOption tells whether a text ends with an option whose value is a host: -h, --host or host=.
func afterOption(text string) bool {
	text, assigned := strings.CutSuffix(text, "=")
	if !assigned {
		text = strings.TrimRight(text, " ")
	}
	option := text[strings.LastIndexAny(text, " \t\n\"'")+1:]
	return option == "-h" || (assigned || strings.HasPrefix(option, "-")) && SaysHost(option)
}

// numberFollows tells whether a port's number stands behind a host, as nc -z takes it.
func numberFollows(text string) bool {
	word, spaced := strings.CutPrefix(text, " ")
	end := strings.IndexFunc(word, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(word)
	}
	port, err := strconv.Atoi(word[:end])
	return spaced && err == nil && port < 65536 && likelyPort(port) && (end == len(word) || !hostByte(word[end]))
}

func hostByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_' || b == '.'
}

// portAfter reads :NUMBER, and returns where it ends.
func portAfter(text string, at int) (port, end int) {
	if at >= len(text) || text[at] != ':' {
		return 0, at
	}
	end = at + 1
	for end < len(text) && '0' <= text[end] && text[end] <= '9' {
		end++
	}
	if end < len(text) && hostByte(text[end]) {
		return 0, at
	}
	port, err := strconv.Atoi(text[at+1 : end])
	if err != nil || port < 1 || port > 65535 {
		return 0, at
	}
	return port, end
}

// likelyPort keeps image:16 from being taken for an address.
func likelyPort(port int) bool {
	return port >= 100 || slices.Contains([]int{21, 22, 25, 53, 80}, port)
}

// SaysHost tells whether a variable or an option is about hosts, by its words.
func SaysHost(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	known := []string{"HOST", "HOSTS", "HOSTNAME", "URL", "URLS", "URI", "ADDR", "ADDRESS", "SERVER", "SERVERS", "ENDPOINT", "BROKER", "BROKERS",
		"UPSTREAM", "NODE", "NODES", "SEEDS", "MASTER", "DSN", "BACKEND"}
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(known, word) })
}
