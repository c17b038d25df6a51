package plan

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/helm-chart-factory/factory/factory/console"
)

// Paint wraps text in a colour, or returns it as it is.
type Paint func(console.Color, string) string

// Write prints the plan for a person: what is risky first, then every change by service, then the sum.
func (p *Plan) Write(w io.Writer, paint Paint) {
	t := &text{w: w, paint: paint, now: time.Now()}
	t.title(p)
	t.refused(p)
	t.deleted(p)
	t.restarted(p)
	t.drifted(p)
	t.services(p)
	t.hooks(p)
	for _, note := range p.Notes {
		fmt.Fprintf(w, "\n%s %s\n", paint(console.Yellow, "note:"), note)
	}
	fmt.Fprintf(w, "\n%s\n", paint(console.Bold, p.Summary()))
}

// Summary is the last line: "3 objects change, 1 workload restarts, none is deleted".
func (p *Plan) Summary() string {
	c := p.Counts
	if !p.Changes() {
		if c.Drifted > 0 {
			return fmt.Sprintf("the deploy writes nothing; %s drifted", count(c.Drifted, "object has", "objects have"))
		}
		return "nothing changes"
	}
	var parts []string
	if c.Created > 0 {
		parts = append(parts, count(c.Created, "object is created", "objects are created"))
	}
	parts = append(parts, count(c.Changed, "object changes", "objects change"))
	if c.Replaced > 0 {
		parts = append(parts, count(c.Replaced, "is replaced", "are replaced"))
	}
	parts = append(parts, count(c.Restarted, "workload restarts", "workloads restart"))
	if c.Deleted == 0 {
		parts = append(parts, "none is deleted")
	} else {
		parts = append(parts, count(c.Deleted, "is deleted", "are deleted"))
	}
	if c.Refused > 0 {
		parts = append(parts, count(c.Refused, "is refused", "are refused"))
	}
	return strings.Join(parts, ", ")
}

func count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

type text struct {
	w     io.Writer
	paint Paint
	now   time.Time
}

func (t *text) title(p *Plan) {
	from := fmt.Sprintf("revision %d", p.From)
	if p.From == 0 {
		from = "not there yet"
	}
	to := fmt.Sprintf("would become revision %d", p.To)
	if p.To == 0 {
		to = "stays as it is"
	}
	fmt.Fprintf(t.w, "%s\n", t.paint(console.Bold, fmt.Sprintf("release %s in namespace %s: %s, %s", p.Release, p.Namespace, from, to)))
}

// section prints its title before the first object that has something to say.
func (t *text) section(p *Plan, color console.Color, title string, lines func(*Object) []string) {
	first := true
	for i := range p.Objects {
		found := lines(&p.Objects[i])
		if len(found) == 0 {
			continue
		}
		if first {
			fmt.Fprintf(t.w, "\n%s\n", t.paint(color, title))
			first = false
		}
		fmt.Fprintf(t.w, "  %s%s\n", label(&p.Objects[i]), found[0])
		for _, line := range found[1:] {
			fmt.Fprintf(t.w, "    %s\n", line)
		}
	}
}

func label(object *Object) string {
	if object.Service == "" || object.Service == object.Name {
		return object.Ref()
	}
	return object.Service + " " + object.Ref()
}

func (t *text) refused(p *Plan) {
	t.section(p, console.Red, "REFUSED: the deploy would fail", func(o *Object) []string {
		if o.Refused == nil {
			return nil
		}
		lines := []string{": " + o.Refused.Cause}
		if detail := clip(o.Refused.Message, 300); !strings.Contains(o.Refused.Cause, detail) {
			lines = append(lines, "said  "+detail)
		}
		if o.Refused.Next != "" {
			lines = append(lines, "next  "+o.Refused.Next)
		}
		return lines
	})
}

func (t *text) deleted(p *Plan) {
	t.section(p, console.Red, "DELETED", func(o *Object) []string {
		switch {
		case o.Action == Delete && o.Effect != "":
			return []string{": " + o.Effect}
		case o.Action == Delete:
			return []string{""}
		}
		return nil
	})
	t.section(p, console.Red, "REPLACED", func(o *Object) []string {
		if o.Action != Replace {
			return nil
		}
		return []string{": " + o.Effect}
	})
}

// shownPaths is how many of the fields that restart a workload are named beside it.
const shownPaths = 3

func (t *text) restarted(p *Plan) {
	t.section(p, console.Yellow, "RESTARTS", func(o *Object) []string {
		if len(o.Restarts) == 0 {
			return nil
		}
		var paths []string
		for _, path := range o.Restarts[:min(shownPaths, len(o.Restarts))] {
			paths = append(paths, path.String())
		}
		lines := []string{": " + strings.Join(paths, ", ")}
		if more := len(o.Restarts) - len(paths); more > 0 {
			lines[0] += fmt.Sprintf(" and %d more", more)
		}
		if o.Effect != "" {
			lines = append(lines, o.Effect)
		}
		return lines
	})
}

func (t *text) drifted(p *Plan) {
	t.section(p, console.Yellow, "DRIFT: changed by others since the last release", func(o *Object) []string {
		var lines []string
		for _, drift := range o.Drift {
			lines = append(lines, ": "+t.drift(drift))
		}
		for i := range lines[min(1, len(lines)):] {
			lines[i+1] = strings.TrimPrefix(lines[i+1], ": ")
		}
		return lines
	})
}

func (t *text) drift(d Drift) string {
	if d.Stays {
		return d.Text(t.now) + ": stays"
	}
	return d.Text(t.now) + ": overwritten"
}

// Text says it in words: "spec.replicas is 5, released as 2, by kubectl, 12m ago".
func (d Drift) Text(now time.Time) string {
	what := fmt.Sprintf("%s is %s, released as %s", d.Path, brief(d.Live), brief(d.Released))
	switch {
	case len(d.Path) == 0:
		what = "is gone"
	case d.Hidden:
		what = d.Path.String() + " has another value"
	case d.Live == nil:
		what = fmt.Sprintf("%s is gone, released as %s", d.Path, brief(d.Released))
	case d.Released == nil:
		what = fmt.Sprintf("%s is %s, and was not released", d.Path, brief(d.Live))
	}
	if d.By != "" {
		what += ", by " + d.By
	}
	if !d.At.IsZero() {
		what += ", " + console.Age(now.Sub(d.At)) + " ago"
	}
	return what
}

func (t *text) services(p *Plan) {
	service := "\x00"
	for i := range p.Objects {
		object := &p.Objects[i]
		if object.Action == None && len(object.Warnings) == 0 {
			continue
		}
		if object.Service != service {
			service = object.Service
			title := service
			if title == "" {
				title = "umbrella"
			}
			fmt.Fprintf(t.w, "\n%s\n", t.paint(console.Bold, title))
		}
		t.object(object)
	}
}

func (t *text) object(o *Object) {
	mark, color, after := "~", console.Yellow, ""
	switch o.Action {
	case Create:
		mark, color = "+", console.Green
	case Delete:
		mark, color = "-", console.Red
	case Replace:
		mark, color = "±", console.Red
	case Keep:
		mark, color, after = "·", console.Dim, "   no longer in the chart, "+o.Effect
	case None:
		mark, color = "·", console.Dim
	}
	if o.Action == Change && o.Effect != "" {
		after = "   " + o.Effect
	}
	fmt.Fprintf(t.w, "  %s%s\n", t.paint(color, mark+" "+o.Ref()), after)
	for _, f := range o.Fields {
		t.field(f)
	}
	for _, warning := range o.Warnings {
		fmt.Fprintf(t.w, "      %s %s\n", t.paint(console.Yellow, "warning:"), oneLine(warning))
	}
}

func (t *text) field(f Field) {
	path := f.Path.String()
	switch {
	case f.Hidden:
		fmt.Fprintf(t.w, "      %s: %s (hidden)\n", path, f.Change)
	case f.Change == Added:
		fmt.Fprintf(t.w, "      %s %s\n", t.paint(console.Green, "+ "+path+":"), brief(f.After))
	case f.Change == Removed:
		fmt.Fprintf(t.w, "      %s %s\n", t.paint(console.Red, "- "+path+":"), brief(f.Before))
	case manyLines(f.Before) && manyLines(f.After):
		fmt.Fprintf(t.w, "      %s:\n", path)
		t.lines(f.Before.(string), f.After.(string))
	default:
		fmt.Fprintf(t.w, "      %s: %s -> %s\n", path, brief(f.Before), brief(f.After))
	}
}

func manyLines(value any) bool {
	text, ok := value.(string)
	return ok && strings.Contains(strings.TrimSpace(text), "\n")
}

// maxLines is how many lines of a changed text are shown.
const maxLines = 30

func (t *text) lines(before, after string) {
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: difflib.SplitLines(before), B: difflib.SplitLines(after), Context: 1})
	if err != nil {
		return
	}
	shown := strings.Split(strings.TrimRight(diff, "\n"), "\n")
	for i, line := range shown {
		if i == maxLines {
			fmt.Fprintf(t.w, "        … %d more lines\n", len(shown)-i)
			return
		}
		switch {
		case strings.HasPrefix(line, "+"):
			line = t.paint(console.Green, line)
		case strings.HasPrefix(line, "-"):
			line = t.paint(console.Red, line)
		case strings.HasPrefix(line, "@@"):
			line = t.paint(console.Dim, line)
		}
		fmt.Fprintf(t.w, "        %s\n", line)
	}
}

func (t *text) hooks(p *Plan) {
	if len(p.Hooks) == 0 || !p.Changes() {
		return
	}
	fmt.Fprintf(t.w, "\n%s\n", t.paint(console.Bold, "hooks"))
	for _, hook := range p.Hooks {
		service := ""
		if hook.Service != "" {
			service = " of " + hook.Service
		}
		fmt.Fprintf(t.w, "  %s/%s%s: %s\n", strings.ToLower(hook.Kind), hook.Name, service, strings.Join(hook.Events, ", "))
	}
}

// brief writes a value in one line.
func brief(value any) string {
	if text, ok := value.(string); ok {
		text = shortDigest(text)
		if text == "" || strings.ContainsAny(text, "\n\t \"") {
			return clip(fmt.Sprintf("%q", text), 120)
		}
		return clip(text, 120)
	}
	var content strings.Builder
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return clip(strings.TrimSpace(content.String()), 160)
}

// shortDigest cuts an image's digest to the twelve letters by which people know it.
func shortDigest(text string) string {
	const shown = len("sha256:") + 12
	name, digest, found := strings.Cut(text, "@")
	if !found || !strings.HasPrefix(digest, "sha256:") || len(digest) <= shown {
		return text
	}
	return name + "@" + digest[:shown]
}

func clip(text string, room int) string {
	if letters := []rune(text); len(letters) > room {
		return string(letters[:room]) + "…"
	}
	return text
}
