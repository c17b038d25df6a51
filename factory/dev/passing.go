package dev

import (
	"path"
	"slices"
	"strings"
)

// Passing tells the names of files and folders that come and go without a person having changed anything: what editors keep beside
// a file while it is open or being saved, and what version control keeps for itself.
func Passing(name string) bool {
	switch {
	case slices.Contains([]string{".git", ".hg", ".svn", ".idea", ".vscode", ".DS_Store", "4913"}, name):
		return true // Vim tries out with 4913 whether it may write in a folder
	case strings.HasSuffix(name, "~"), strings.HasPrefix(name, ".#"), strings.HasPrefix(name, ".goutputstream-"):
		return true
	case strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#"):
		return true
	case strings.HasSuffix(name, "___jb_tmp___"), strings.HasSuffix(name, "___jb_old___"), strings.HasSuffix(name, ".kate-swp"):
		return true
	}
	swap, _ := path.Match(".*.sw[a-z]", name)
	return swap
}
