package draft

import (
	"net/url"
	"slices"
	"strings"
)

// NamesSecret tells whether a variable's name says that its value is to be kept secret: it ends with a word such as PASSWORD or
// API_KEY. The name of a file (…_FILE) is none.
func NamesSecret(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	before := ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	switch {
	case last == "PWD" || last == "PASS":
		return before != "" // PWD alone is the shell's folder
	case slices.ContainsFunc([]string{"PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "SECRETS", "TOKEN", "APIKEY", "SECRETKEY", "CREDENTIAL", "CREDENTIALS"},
		func(word string) bool { return strings.HasSuffix(last, word) }):
		return !slices.Contains(words, "EMPTY") && !slices.Contains(words, "RANDOM")
	case last == "KEY" || last == "SALT" || last == "BASE" && before == "KEY":
		return slices.ContainsFunc(words, func(word string) bool {
			return slices.Contains([]string{"API", "ACCESS", "SECRET", "PRIVATE", "ENCRYPTION", "AUTH", "SIGNING", "MASTER", "ACCOUNT", "APP", "JWT", "LICENSE", "SALT", "SESSION", "COOKIE", "NONCE"}, word)
		})
	}
	return false
}

// HoldsSecret tells whether a variable must not be written in clear: its name says so and its value could be one, or its value
// is an address with a password, or a private key.
func HoldsSecret(name, value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "yes", "no", "on", "off", "0", "1", "none", "null":
		return false
	}
	return NamesSecret(name) || Password(value) != "" || strings.Contains(value, "PRIVATE KEY-----")
}

// Password returns the password in an address such as postgres://user:password@host/, or "".
func Password(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found || strings.ContainsAny(scheme, " \t\n") {
		return ""
	}
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return ""
	}
	_, password, _ := strings.Cut(authority[:at], ":")
	if strings.HasPrefix(password, "$(") { // it comes from another variable
		return ""
	}
	if plain, err := url.PathUnescape(password); err == nil {
		return plain
	}
	return password
}
