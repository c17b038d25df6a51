package plan

import "strings"

// Between says what two states of an object differ in; either may be nil. It returns false when they are alike.
// Values of Secrets are hidden.
func (o *Object) Between(before, after map[string]any) bool {
	switch {
	case before == nil:
		o.Action = Create
	case after == nil:
		o.Action = Delete
	default:
		o.Action, o.Fields = Change, Compare(before, after, nil)
		return len(o.Fields) > 0
	}
	return true
}

// Images are the fields that say which image a container runs.
func (o *Object) Images() []Field {
	var found []Field
	for _, f := range o.Fields {
		if len(f.Path) > 2 && f.Path[len(f.Path)-1].Name == "image" && strings.HasSuffix(strings.ToLower(f.Path[len(f.Path)-3].Name), "containers") {
			found = append(found, f)
		}
	}
	return found
}

// Brief writes the field in one line, without its path's beginning that all fields of a kind share.
func (f Field) Brief() string {
	path := f.Path.String()
	switch {
	case f.Hidden:
		return path + ": " + string(f.Change) + " (hidden)"
	case f.Change == Added:
		return "+ " + path + ": " + brief(f.After)
	case f.Change == Removed:
		return "- " + path + ": " + brief(f.Before)
	}
	return path + ": " + brief(f.Before) + " -> " + brief(f.After)
}
