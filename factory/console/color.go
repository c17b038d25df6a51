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

// Paint wraps text for Err in the colour where that carries colour, and returns it unchanged elsewhere.
func (s *Streams) Paint(color Color, text string) string { return paint(s.Color, color, text) }

// PaintOut does the same for Out.
func (s *Streams) PaintOut(color Color, text string) string { return paint(s.ColorOut, color, text) }

func paint(colored bool, color Color, text string) string {
	if !colored || text == "" {
		return text
	}
	return string(color) + text + "\033[0m"
}
