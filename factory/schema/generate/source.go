package generate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// directive begins the line of a type's or a field's comment that says, as JSON Schema in YAML, what is taken there.
const directive = "//spec:schema "

// declared is one type of the package.
type declared struct {
	name   string
	at     token.Position
	expr   ast.Expr // what it is declared as
	doc    string
	schema any // the directive's, or nil
	// decodes tells that the type has a decoder of its own.
	decodes bool
}

// field is one key of a struct type.
type field struct {
	name, key string
	at        token.Position
	doc       string
	options   []string // of the tag, behind the key
	expr      ast.Expr
	schema    any // the directive's, or nil
}

type source struct {
	files *token.FileSet
	types map[string]*declared
}

// read parses the Go files in dir, tests left out.
func read(dir string) (*source, error) {
	s := &source{files: token.NewFileSet(), types: map[string]*declared{}}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("reading the types of the spec: %w in %s", fs.ErrNotExist, dir)
	}
	decoders := map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if name := receiver(d); d.Name.Name == "decodeNode" && name != "" {
					decoders[name] = true
				}
			case *ast.GenDecl:
				if err := s.declare(d); err != nil {
					return nil, err
				}
			}
		}
	}
	for name := range decoders {
		if t, ok := s.types[name]; ok {
			t.decodes = true
		}
	}
	return s, nil
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) != 1 {
		return ""
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func (s *source) declare(d *ast.GenDecl) error {
	if d.Tok != token.TYPE {
		return nil
	}
	for _, one := range d.Specs {
		t := one.(*ast.TypeSpec)
		comment := t.Doc
		if comment == nil {
			comment = d.Doc
		}
		found := &declared{name: t.Name.Name, at: s.files.Position(t.Pos()), expr: t.Type, doc: text(comment)}
		var err error
		if found.schema, err = s.directive(comment); err != nil {
			return err
		}
		s.types[found.name] = found
	}
	return nil
}

// directive returns what the directive of a comment says, or nil when it has none.
func (s *source) directive(c *ast.CommentGroup) (any, error) {
	if c == nil {
		return nil, nil
	}
	for _, line := range c.List {
		if said, ok := strings.CutPrefix(line.Text, directive); ok {
			schema, err := fromYAML(said)
			if err != nil {
				return nil, fmt.Errorf("%s: %s%s: %w", s.files.Position(line.Pos()), directive, said, err)
			}
			return schema, nil
		}
	}
	return nil, nil
}

// fields returns the keys of a struct type, in their order; those of an embedded struct stand in its place.
func (s *source) fields(t *ast.StructType) ([]field, error) {
	var out []field
	for _, f := range t.Fields.List {
		if len(f.Names) == 0 {
			embedded, ok := s.structure(f.Type)
			if !ok {
				return nil, fmt.Errorf("%s: what is embedded here is no struct of this package", s.files.Position(f.Pos()))
			}
			inner, err := s.fields(embedded)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
			continue
		}
		if f.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.files.Position(f.Pos()), err)
		}
		key, options, _ := strings.Cut(reflect.StructTag(tag).Get("spec"), ",")
		if key == "" {
			continue
		}
		one := field{name: f.Names[0].Name, key: key, at: s.files.Position(f.Pos()), doc: text(f.Doc), expr: f.Type}
		if options != "" {
			one.options = strings.Split(options, ",")
		}
		if one.schema, err = s.directive(f.Doc); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// structure returns the struct that a type of the package is in the end.
func (s *source) structure(t ast.Expr) (*ast.StructType, bool) {
	switch t := t.(type) {
	case *ast.StructType:
		return t, true
	case *ast.StarExpr:
		return s.structure(t.X)
	case *ast.Ident:
		if named, ok := s.types[t.Name]; ok {
			return s.structure(named.expr)
		}
	}
	return nil, false
}

// text is a comment as one line of prose, directives left out.
func text(c *ast.CommentGroup) string {
	return strings.Join(strings.Fields(c.Text()), " ")
}
