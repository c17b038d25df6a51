// Package files brings a folder to the state of a generated tree, and is the only one that writes generated files.
//
// What it promises: a file that a person changed or made is never lost without force; each file appears whole or not at all;
// when the new content cannot be stored, nothing has changed; a run that was killed leaves a journal, and the next one
// finishes what it began; two runs at once wait for each other.
package files

import "slices"

// File is one generated file, by its path in the folder, with slashes. Its Data carries a stamp.
type File struct {
	Path string
	Data []byte
}

// Tree is a set of generated files.
type Tree []File

// Scope is the part of the folder that a tree describes completely: what else is there does not belong. It is a list of
// folders by their path with slashes.
type Scope []string

// everything is the scope of the whole folder.
const everything = "."

// Everything returns the scope of the whole folder.
func Everything() Scope { return Scope{everything} }

// Everything tells whether the scope is the whole folder.
func (s Scope) Everything() bool { return slices.Contains(s, everything) }
