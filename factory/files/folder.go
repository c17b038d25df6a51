package files

import "strings"

// folder is a folder of a unit that is wanted.
type folder struct {
	files   map[string]*wanted
	folders map[string]*folder
}

type wanted struct {
	data []byte
	seen bool
}

func newFolder() *folder {
	return &folder{files: map[string]*wanted{}, folders: map[string]*folder{}}
}

func (f *folder) add(path string, data []byte) {
	name, rest, deeper := strings.Cut(path, "/")
	if !deeper {
		f.files[name] = &wanted{data: data}
		return
	}
	below := f.folders[name]
	if below == nil {
		below = newFolder()
		f.folders[name] = below
	}
	below.add(rest, data)
}
