package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// check asks url once and returns the process' exit code: 0 for a 2xx answer within 3 s, 1 for anything else. The image
// has no shell and no curl, so its HEALTHCHECK is the binary itself.
func check(url string, stderr io.Writer) int {
	client := http.Client{Timeout: 3 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		fmt.Fprintf(stderr, "%s answered %s\n", url, response.Status)
		return 1
	}
	return 0
}
