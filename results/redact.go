package results

import (
	"regexp"
	"slices"
	"strings"
)

// Redacted stands where a secret was.
const Redacted = "REDACTED"

// RedactArgs returns the command line as one that a POSIX shell would split into the same words, with secrets replaced by [Redacted]:
//
//   - the value of every header (-H, --header) but a few that are known to be harmless; an unknown one may be anyone's API key
//   - the user, query and fragment of every URL, wherever it stands
//   - the value of options and assignments that sound like a secret (--token x, --api-key=x, DB_PASSWORD=x), and header lines, also inside an
//     argument that is itself a command
//
// A value that consists of ${NAME} references, with at most the name of an authentication scheme before them, holds no secret and stays, so that
// the command can be repeated. Replacing too much costs a user a minute, too little a password.
func RedactArgs(args []string) string {
	words := make([]string, len(args))
	secret, header := false, false // what the previous word announced this one to be
	for i, arg := range args {
		switch {
		case header:
			words[i] = redactHeader(arg)
		case secret && !strings.HasPrefix(arg, "-"):
			words[i] = redactValue(arg)
		default:
			words[i] = redactWord(arg)
		}
		wasHeader := header
		header = !wasHeader && (arg == "-H" || arg == "--header" || arg == "-header")
		secret = !wasHeader && secretOption.MatchString(arg)
	}
	for i, w := range words {
		words[i] = shellQuote(w)
	}
	return strings.Join(words, " ")
}

// RedactCommand is RedactArgs of a command that variables were set for: NAME=value entries, which stand before it as a POSIX shell reads them. Their names are a
// program's own and announce no secret.
func RedactCommand(variables, args []string) string {
	words := make([]string, 0, len(variables)+1)
	for _, entry := range variables {
		name, value, _ := strings.Cut(entry, "=")
		words = append(words, name+"="+shellQuote(redactWord(value)))
	}
	return strings.Join(append(words, RedactArgs(args)), " ")
}

// secretName is part of the names of options and variables whose value is a secret.
const secretName = `(?i:token|secret|passw|passphrase|pwd|api-?_?key|access-?_?key|private-?_?key|auth|credential|session|cookie|bearer)`

var (
	secretOption = regexp.MustCompile(`^--?[\w.-]*` + secretName + `[\w.-]*$`)
	// One value: quoted, or up to the next space.
	assignment = regexp.MustCompile(`([\w.-]*` + secretName + `[\w.-]*)(=)("[^"]*"|'[^']*'|[^\s"']+)`)
	nestedFlag = regexp.MustCompile(`((?:^|\s)--?[\w.-]*` + secretName + `[\w.-]*)(\s+)("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)`)
	nestedHead = regexp.MustCompile(`([\w-]*(?i:authorization|cookie|token|secret|api-?key|auth)[\w-]*)(\s*:\s*)([^'"/\s][^'"]*)`)
	// A user and a password before a host without a scheme.
	userInfo   = regexp.MustCompile(`(^|[\s=,'"])[^\s/@:='"]+:[^\s/@'"]+@`)
	urlPattern = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s'"]*`)
	// References to the environment, after the name of an authentication scheme or none.
	reference = regexp.MustCompile(`^["']?(?i:(?:basic|bearer|digest|token)\s+)?(?:\$\{\w+\})+["']?$`)
)

func redactWord(arg string) string {
	for _, prefix := range []string{"-H", "--header=", "-header=", "-H="} {
		if value, ok := strings.CutPrefix(arg, prefix); ok && strings.Contains(value, ":") {
			return prefix + redactHeader(value)
		}
	}
	arg = urlPattern.ReplaceAllStringFunc(arg, redactURL)
	arg = userInfo.ReplaceAllString(arg, "${1}"+Redacted+"@")
	for _, pattern := range []*regexp.Regexp{assignment, nestedFlag, nestedHead} {
		arg = redactThird(pattern, arg)
	}
	return arg
}

// redactThird replaces the third group of every match.
func redactThird(pattern *regexp.Regexp, text string) string {
	return pattern.ReplaceAllStringFunc(text, func(match string) string {
		parts := pattern.FindStringSubmatch(match)
		return parts[1] + parts[2] + redactValue(parts[3])
	})
}

// harmless are headers whose values tell no secret.
var harmless = []string{"accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-type", "user-agent", "pragma", "host", "dnt"}

func redactHeader(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return redactValue(line)
	}
	if slices.Contains(harmless, strings.ToLower(strings.TrimSpace(name))) {
		return line
	}
	trimmed := strings.TrimLeft(value, " \t")
	return name + ":" + value[:len(value)-len(trimmed)] + redactValue(trimmed)
}

func redactValue(value string) string {
	if value == "" || reference.MatchString(value) {
		return value
	}
	return Redacted
}

// redactURL works on the text: net/url would re-escape what it prints, and refuses some of what users type. What follows the first ? or # goes; what
// comes before the last @ of the authority goes. A user's name without a password goes too, since tokens are passed that way.
func redactURL(raw string) string {
	scheme, rest, _ := strings.Cut(raw, "://")
	tail := ""
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		tail = rest[i:i+1] + Redacted
		rest = rest[:i]
	}
	authority, path, hasPath := strings.Cut(rest, "/")
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		authority = Redacted + authority[i:]
	} else if strings.Contains(authority, ":") && strings.Contains(raw, "@") {
		return scheme + "://" + Redacted // a password with an unescaped / ? or # in it looks like a port and a path
	}
	if hasPath {
		path = "/" + path
	}
	return scheme + "://" + authority + path + tail
}

var unquoted = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

func shellQuote(word string) string {
	if unquoted.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
