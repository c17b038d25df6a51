package subchart

import "strings"

// image is a reference taken apart.
type image struct {
	repository, tag, digest string
}

// parseImage takes [host[:port]/]path[:tag][@digest] apart. Without tag and digest the tag is latest.
func parseImage(reference string) image {
	var i image
	reference, i.digest, _ = strings.Cut(reference, "@")
	i.repository = reference
	if colon := strings.LastIndexByte(reference, ':'); colon > strings.LastIndexByte(reference, '/') {
		i.repository, i.tag = reference[:colon], reference[colon+1:]
	}
	if i.tag == "" && i.digest == "" {
		i.tag = "latest"
	}
	return i
}
