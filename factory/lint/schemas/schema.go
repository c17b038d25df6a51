// Package schemas knows what fields objects of Kubernetes can have: the kinds of several of its minor versions, and the custom
// resources of projects that charts use. The schemas are embedded, compact and without prose; make writes them.
package schemas

// Types beyond those of JSON Schema.
const (
	// IntOrString is a number or a text.
	IntOrString = "int-or-string"
	// Quantity is an amount of a resource: a number, or a text such as 100m or 64Mi.
	Quantity = "quantity"
)

// Schema says what a value can be. Numbers stand for other schemas of the catalog. The zero schema allows everything.
type Schema struct {
	// Type is object, array, string, integer, number, boolean, or one of the types above; empty for any.
	Type   string `json:"type,omitempty"`
	Format string `json:"format,omitempty"` // int32, byte or date-time
	// Fields are the schemas of an object's fields, and Values the schema of all others. With neither, an object is open.
	Fields   map[string]int `json:"fields,omitempty"`
	Required []string       `json:"required,omitempty"`
	Values   *int           `json:"values,omitempty"`
	// Open allows fields that Fields does not name.
	Open bool `json:"open,omitempty"`
	// Items is the schema of a list's items.
	Items *int `json:"items,omitempty"`

	Enum      []any    `json:"enum,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	Minimum   *float64 `json:"min,omitempty"`
	Maximum   *float64 `json:"max,omitempty"`
	MinLength *int64   `json:"minLength,omitempty"`
	MaxLength *int64   `json:"maxLength,omitempty"`
	MinItems  *int64   `json:"minItems,omitempty"`
	MaxItems  *int64   `json:"maxItems,omitempty"`
	MinFields *int64   `json:"minFields,omitempty"`
	MaxFields *int64   `json:"maxFields,omitempty"`

	// What holds beside all this. These only narrow: the fields are named above.
	AllOf []int `json:"allOf,omitempty"`
	AnyOf []int `json:"anyOf,omitempty"`
	OneOf []int `json:"oneOf,omitempty"`
	Not   *int  `json:"not,omitempty"`
}
