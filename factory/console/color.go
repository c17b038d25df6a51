package console

// Color is an ANSI display attribute.
type Color string

// The few attributes factory uses.
const (
	Red    Color = "\033[31m"
	Green  Color = "\033[32m"
	Yellow Color = "\033[33m"
	Bold   Color = "\033[1m"
	Dim    Color = "\033[2m"
)

// Paint wraps text in the colour where the streams carry colour, and returns it unchanged elsewhere.
func (s *Streams) Paint(color Color, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return string(color) + text + "\033[0m"
}
