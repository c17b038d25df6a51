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
	content, err := os.ReadFile(s.Dockerfile)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	field := func(kind, name, value string) {
		fmt.Fprintf(sum, "%s %d:%s %d:%s\n", kind, len(name), name, len(value), value)
	}
	field("format", "", inputsFormat)
	field("dockerfile", "", string(content))
	for _, arg := range slices.Sorted(maps.Keys(s.Args)) {
		field("arg", arg, s.Args[arg])
	}
	err = walkContext(s, func(relative, path string, info fs.FileInfo) error {
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
	})
	if err != nil {
		return "", fmt.Errorf("reading the build context of %s: %w", s.Name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
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

// walkContext visits what is not ignored, in the order of names.
func walkContext(s Service, visit func(relative, path string, info fs.FileInfo) error) error {
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
			return nil
		}
		if entry.IsDir() {
			above[relative] = match
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since the folder was read
		}
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(relative), path, info)
	})
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
