// Package files brings a folder to the state of a generated tree, and is the only one that writes generated files.
//
// What it promises: a file that a person changed or made is never lost without force; each file appears whole or not at all;
// when the new content cannot be stored, nothing has changed; a run that was killed leaves a journal, and the next one
// finishes what it began; two runs at once wait for each other.
package files

import (
	"iter"
	"slices"
)

// File is one generated file, by its path in its unit, with slashes. Its Data carries a stamp.
type File struct {
	Path string
	Data []byte
}

// Unit is a folder whose content the generator describes completely: a chart. Its path is relative to the written folder,
// "." for that itself, without the units that lie in it.
type Unit struct {
	Path  string
	Files []File
}

// Source gives units one after another, "." last if it is there. The data of a unit's files is good until the next unit, so
// that a project of any size needs the memory of one chart.
type Source = iter.Seq2[Unit, error]

// Scope lists the units that a run is about, by their path. What is in such a folder and not generated does not belong there.
type Scope []string

// everything is the scope of the whole folder.
const everything = "."

// Everything returns the scope of the whole folder.
func Everything() Scope { return Scope{everything} }

// Everything tells whether the scope is the whole folder.
func (s Scope) Everything() bool { return slices.Contains(s, everything) }
