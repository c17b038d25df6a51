package image

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// inputsFormat is part of every hash: a change of how images are built makes the old ones stale.
const inputsFormat = "1"

// inputs hashes everything of the project that an image is made from: the Dockerfile, the build arguments and each file
// of the context that is not ignored, with its content and permissions, which COPY keeps.
func inputs(s Service) (string, error) {
	sum := sha256.New()
	field := func(kind, name, value string) {
		fmt.Fprintf(sum, "%s %d:%s %d:%s\n", kind, len(name), name, len(value), value)
	}
	field("format", "", inputsFormat)
	if err := walkInputs(s, walk{}, field); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Inputs are what an image is made from, as it is on disk at one moment.
type Inputs struct {
	// Parts say what each part holds, as a text that is another one when the part is: the files by their absolute paths, and build
	// arguments by their names.
	Parts map[string]string
	// Folders are the absolute paths of all folders in which a part may come, go or change.
	Folders []string
}

// Look reads what an image is made from. Files and folders of the context whose names skip knows count as ignored.
func Look(s Service, skip func(name string) bool) (*Inputs, error) {
	found := &Inputs{Parts: map[string]string{}, Folders: []string{s.Context, filepath.Dir(s.Dockerfile)}}
	w := walk{skip: skip, enter: func(folder string) { found.Folders = append(found.Folders, folder) }}
	err := walkInputs(s, w, func(kind, name, value string) {
		switch kind {
		case "dockerfile":
			name = s.Dockerfile
		case "arg":
			name = "build argument " + name
		default:
			name = filepath.Join(s.Context, filepath.FromSlash(name))
		}
		found.Parts[name] += kind + " " + value + "\n" // the Dockerfile may be in the context, too
	})
	if errors.Is(err, fs.ErrNotExist) && !isFile(s.Dockerfile) {
		err = noDockerfile{s}
	}
	return found, err
}

// walkInputs visits each part of what an image is made from, in an order that is always the same.
func walkInputs(s Service, w walk, field func(kind, name, value string)) error {
	content, err := os.ReadFile(s.Dockerfile)
	if err != nil {
		return err
	}
	field("dockerfile", "", string(content))
	for _, arg := range slices.Sorted(maps.Keys(s.Args)) {
		field("arg", arg, s.Args[arg])
	}
	w.visit = func(relative, path string, info fs.FileInfo) error {
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			field("link", relative, target)
		case info.IsDir():
			field("dir", relative, "")
		case info.Mode().IsRegular():
			digest, err := fileHash(path)
			if err != nil {
				return err
			}
			field("file", relative, info.Mode().Perm().String()+digest)
		}
		return nil
	}
	if err := walkContext(s, w); err != nil {
		return fmt.Errorf("reading the build context of %s: %w", s.Name, err)
	}
	return nil
}

// ignoreFile is the file that says what the context leaves out: one beside the Dockerfile wins. Empty where there is none.
func ignoreFile(s Service) string {
	for _, file := range []string{s.Dockerfile + ".dockerignore", filepath.Join(s.Context, ".containerignore"), filepath.Join(s.Context, ".dockerignore")} {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file
		}
	}
	return ""
}

func ignorePatterns(s Service) (*patternmatcher.PatternMatcher, error) {
	var patterns []string
	if file := ignoreFile(s); file != "" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		if patterns, err = ignorefile.ReadAll(opened); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", ignoreFile(s), err)
	}
	return matcher, nil
}

// walk is one walk through a build context.
type walk struct {
	visit func(relative, path string, info fs.FileInfo) error
	// skip, if there is one, tells names that are left out wherever they are.
	skip func(name string) bool
	// enter, if there is one, is told each folder below the context that is looked into.
	enter func(folder string)
}

// walkContext visits what is not ignored, in the order of names.
func walkContext(s Service, w walk) error {
	matcher, err := ignorePatterns(s)
	if err != nil {
		return err
	}
	above := map[string]patternmatcher.MatchInfo{}
	return filepath.WalkDir(s.Context, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(s.Context, path)
		if err != nil || relative == "." {
			return err
		}
		if w.skip != nil && w.skip(entry.Name()) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		ignored, match, err := matcher.MatchesUsingParentResults(relative, above[filepath.Dir(relative)])
		if err != nil {
			return err
		}
		if ignored {
			if !entry.IsDir() {
				return nil
			}
			if !mayHoldException(matcher, relative) {
				return fs.SkipDir
			}
			above[relative] = match
			w.entered(path)
			return nil
		}
		if entry.IsDir() {
			above[relative] = match
			w.entered(path)
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since the folder was read
		}
		if err != nil {
			return err
		}
		return w.visit(filepath.ToSlash(relative), path, info)
	})
}

func (w walk) entered(folder string) {
	if w.enter != nil {
		w.enter(folder)
	}
}

// mayHoldException reports whether a pattern such as !dir/file lets something below an ignored folder in.
func mayHoldException(matcher *patternmatcher.PatternMatcher, dir string) bool {
	if !matcher.Exclusions() {
		return false
	}
	for _, pattern := range matcher.Patterns() {
		if !pattern.Exclusion() {
			continue
		}
		text := pattern.String()
		if strings.HasPrefix(text+string(filepath.Separator), dir+string(filepath.Separator)) || strings.ContainsAny(text, "*?[") {
			return true
		}
	}
	return false
}

func fileHash(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
