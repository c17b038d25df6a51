package schemas

import "math"

// fits tells whether a value is of a type.
func fits(value any, wanted string) bool {
	switch v := value.(type) {
	case map[string]any:
		return wanted == "object"
	case []any:
		return wanted == "array"
	case string:
		return wanted == "string" || wanted == IntOrString || wanted == Quantity
	case bool:
		return wanted == "boolean"
	case int64:
		return wanted == "integer" || wanted == "number" || wanted == IntOrString || wanted == Quantity
	case float64:
		whole := v == math.Trunc(v)
		return wanted == "number" || wanted == Quantity || whole && (wanted == "integer" || wanted == IntOrString)
	}
	return false
}

// plain gives whole numbers the one form that the schemas' own have.
func plain(value any) any {
	switch v := value.(type) {
	case int64:
		return float64(v)
	case map[string]any, []any:
		return nil
	}
	return value
}

// called is how people call a type.
func called(wanted string) string {
	switch wanted {
	case "object":
		return "an object (name: value)"
	case "array":
		return "a list"
	case "string":
		return "a text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case IntOrString:
		return "a whole number or a text"
	case Quantity:
		return "an amount such as 100m or 64Mi"
	}
	return wanted
}

// kindOf is how people call what a value is.
func kindOf(value any) string {
	switch v := value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a text"
	case bool:
		return "true or false"
	case float64:
		if v != math.Trunc(v) {
			return "a fraction"
		}
		return "a number"
	case int64:
		return "a number"
	}
	return "this"
}
