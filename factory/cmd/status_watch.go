package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

const (
	// lookEvery lies between two looks at a release, and longer where a look takes long: at most a fifth of the time is spent
	// looking.
	lookEvery = 2 * time.Second
	lookShare = 4
)

// watchStatus looks at a release again and again and shows what changed, until ctx ends; it returns ctx' error. The first
// look has to succeed.
func (a *app) watchStatus(ctx context.Context, look func(context.Context) (*deploy.Status, error)) error {
	show, trouble := a.statusView(), ""
	for first := true; ; first = false {
		start := time.Now()
		status, err := look(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && first:
			return err
		case err != nil:
			if text := strings.ReplaceAll(err.Error(), "\n", "; "); text != trouble {
				trouble = text
				fmt.Fprintln(a.Err, a.Paint(console.Yellow, "· "+text+": looking again"))
			}
		default:
			trouble = ""
			if err := show(status); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(lookEvery, lookShare*time.Since(start))):
		}
	}
}

// statusView returns what shows one look after another.
func (a *app) statusView() func(*deploy.Status) error {
	switch {
	case a.output == "json":
		return a.statusDocuments()
	case a.LiveOut:
		return a.statusPicture()
	}
	return a.statusNews()
}

// statusDocuments writes a document in one line whenever it is another one.
func (a *app) statusDocuments() func(*deploy.Status) error {
	var last []byte
	return func(status *deploy.Status) error {
		document, err := json.Marshal(status)
		if err != nil || bytes.Equal(document, last) {
			return err
		}
		last = document
		_, err = fmt.Fprintf(a.Out, "%s\n", document)
		return err
	}
}

// statusPicture draws the status over the one before.
func (a *app) statusPicture() func(*deploy.Status) error {
	drawn := 0
	return func(status *deploy.Status) error {
		var text strings.Builder
		if err := printStatus(&text, status, time.Now()); err != nil {
			return err
		}
		fmt.Fprintf(&text, "\n%s, Ctrl-C ends", time.Now().Format(time.TimeOnly))
		lines := strings.Split(text.String(), "\n")
		width, height := a.Size()
		// What does not fit would be drawn over in the wrong place.
		if len(lines) >= height {
			lines = append(lines[:max(height-2, 0)], fmt.Sprintf("… and %d lines more", len(lines)-height+2))
		}
		for i, line := range lines {
			if letters := []rune(line); len(letters) >= width {
				lines[i] = string(letters[:max(width-2, 0)]) + "…"
			}
		}
		above := ""
		if drawn > 0 {
			above = fmt.Sprintf("\033[%dA", drawn)
		}
		drawn = len(lines)
		_, err := fmt.Fprintf(a.Out, "%s\033[J%s\n", above, strings.Join(lines, "\n"))
		return err
	}
}

// statusNews writes a line for each thing that is not as it was.
func (a *app) statusNews() func(*deploy.Status) error {
	known := map[string]string{}
	return func(status *deploy.Status) error {
		now, stamp := facts(status), time.Now().Format(time.TimeOnly)
		there := map[string]bool{}
		for _, fact := range now {
			there[fact.about] = true
			if was, there := known[fact.about]; there && was == fact.text {
				continue
			}
			known[fact.about] = fact.text
			if _, err := fmt.Fprintf(a.Out, "%s %s\n", stamp, strings.TrimSuffix(fact.about+": "+fact.text, ": ")); err != nil {
				return err
			}
		}
		var over []string
		for about := range known {
			if !there[about] {
				over = append(over, about)
				delete(known, about)
			}
		}
		slices.Sort(over)
		for _, about := range over {
			if _, err := fmt.Fprintf(a.Out, "%s %s: no more\n", stamp, about); err != nil {
				return err
			}
		}
		return nil
	}
}

// fact is one thing that a status says.
type fact struct{ about, text string }

// facts takes a status apart. Nothing in them changes by time alone.
func facts(status *deploy.Status) []fact {
	all := []fact{{"release " + status.Release, strings.TrimSuffix(fmt.Sprintf("revision %d %s: %s", status.Revision, status.Status, status.Description), ": ")}}
	add := func(about, text string) { all = append(all, fact{about, text}) }
	for _, w := range status.Workloads {
		text := fmt.Sprintf("%d/%d ready", w.Ready, w.Wanted)
		if w.Restarts > 0 {
			text += fmt.Sprintf(", %d restarts", w.Restarts)
		}
		add(w.Name, strings.TrimSuffix(fmt.Sprintf("%s, %s: %s", text, shortImages(w.Images), strings.Join(strings.Fields(w.Message), " ")), ": "))
	}
	for _, c := range status.Certificates {
		text := "not issued yet"
		if !c.NotAfter.IsZero() {
			text = "valid until " + c.NotAfter.Format(time.DateTime)
		}
		add("certificate "+c.Name, text)
	}
	for _, object := range status.Missing {
		add("missing "+object, "")
	}
	for _, object := range status.Waiting {
		about, text, _ := strings.Cut(object, ": ")
		add("waiting "+about, text)
	}
	for _, object := range status.Drift {
		for _, field := range object.Fields {
			field.At = time.Time{}
			add("drift of "+object.Object+" "+field.Path.String(), strings.TrimPrefix(field.Text(time.Time{}), field.Path.String()+" "))
		}
	}
	return all
}
