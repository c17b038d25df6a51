package process

import (
	"bytes"
	"io"
	"os"
	"strings"
)

// Tail returns the last lines of the file at path, at most count, or nothing when it cannot be read.
func Tail(path string, count int) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	const window = 64 << 10
	if size, err := file.Seek(0, io.SeekEnd); err == nil && size > window {
		file.Seek(-window, io.SeekEnd)
	} else {
		file.Seek(0, io.SeekStart)
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return nil
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	lines := strings.Split(string(data), "\n")
	return lines[max(0, len(lines)-count):]
}
