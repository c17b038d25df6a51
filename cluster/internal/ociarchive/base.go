package ociarchive

import "os"

// CertificatesPath is where an image made of Base holds the certificates that its programs trust.
const CertificatesPath = "/etc/ssl/certs/ca-certificates.crt"

// Base returns what every image needs around its programs: the user's name, a directory for temporary files and, when
// the machine has them at CertificatesPath, the certificates that programs trust.
func Base() []File {
	files := []File{
		{Path: "/etc", Mode: 0o755},
		{Path: "/etc/group", Mode: 0o644, Content: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{Path: "/etc/passwd", Mode: 0o644, Content: []byte("root:x:0:0:root:/:/none\nnonroot:x:65532:65532:nonroot:/tmp:/none\n")},
		{Path: "/tmp", Mode: 0o777 | os.ModeSticky},
	}
	certificates, err := os.ReadFile(CertificatesPath)
	if err != nil {
		return files
	}
	return append(files,
		File{Path: "/etc/ssl", Mode: 0o755},
		File{Path: "/etc/ssl/certs", Mode: 0o755},
		File{Path: CertificatesPath, Mode: 0o644, Content: certificates},
	)
}
