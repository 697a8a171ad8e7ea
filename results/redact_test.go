package results

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRedactCommand keeps assignments what they are to a shell: with a quoted name they would be a command.
func TestRedactCommand(t *testing.T) {
	got := RedactCommand([]string{"PUSHBENCH_HEADERS_COOKIE=300", "PUSHBENCH_X=a b", "PUSHBENCH_Y=http://u:p@h/"}, []string{"pushbench", "run", "--token", "abc"})
	if want := `PUSHBENCH_HEADERS_COOKIE=300 PUSHBENCH_X='a b' PUSHBENCH_Y=http://REDACTED@h/ pushbench run --token REDACTED`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := RedactCommand(nil, []string{"pushbench", "bench"}); got != "pushbench bench" {
		t.Errorf("without variables: %s", got)
	}
}

func TestRedactArgs(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"nothing", nil, ""},
		{"nothing secret", []string{"pushbench", "run", "my file.yaml", "-c", "1k", "--threshold", "p(99)<50ms"}, `pushbench run 'my file.yaml' -c 1k --threshold 'p(99)<50ms'`},
		{"header", []string{"-H", "Authorization: Bearer abc"}, `-H 'Authorization: REDACTED'`},
		{"attached header", []string{"-HCookie: a=b; c=d"}, `'-HCookie: REDACTED'`},
		{"long header", []string{"--header=X-Whatever:abc"}, `--header=X-Whatever:REDACTED`},
		{"header that looks like an option", []string{"-H", "-H", "abc"}, `-H REDACTED abc`},
		{"header without a colon", []string{"-H", "abc"}, `-H REDACTED`},
		{"harmless header", []string{"-H", "Accept-Language: de"}, `-H 'Accept-Language: de'`},
		{"reference", []string{"-H", "Authorization: Bearer ${TOKEN}"}, `-H 'Authorization: Bearer ${TOKEN}'`},
		{"reference with more", []string{"-H", "Authorization: abc${TOKEN}"}, `-H 'Authorization: REDACTED'`},
		{"query", []string{"--target", "wss://h.example/ws?token=abc&b=c"}, `--target 'wss://h.example/ws?REDACTED'`},
		{"user", []string{"--target=https://u:p@ss@h.example:8080/x"}, `--target=https://REDACTED@h.example:8080/x`},
		{"fragment", []string{"http://h/#access_token=abc"}, `'http://h/#REDACTED'`},
		{"unescaped password", []string{"https://u:p#w@h/", "https://u:p/w@h/x"}, `https://REDACTED https://REDACTED`},
		{"user without a scheme", []string{"--target=u:p@h:80/x"}, `--target=REDACTED@h:80/x`},
		{"host and port", []string{"127.0.0.1:8080", "http://h:80/x", "http://[::1]:80/x"}, `127.0.0.1:8080 http://h:80/x 'http://[::1]:80/x'`},
		{"path with an @", []string{"http://h/@user"}, `http://h/@user`},
		{"option", []string{"--api-key", "abc", "--token=abc", "-c", "5"}, `--api-key REDACTED --token=REDACTED -c 5`},
		{"option without a value", []string{"--no-auth", "--quiet"}, `--no-auth --quiet`},
		{"assignment", []string{"env", "DB_PASSWORD=abc", "X=1"}, `env DB_PASSWORD=REDACTED X=1`},
		{"nested command", []string{"--baseline", `./srv --token abc --secret="d e" -v`}, `--baseline './srv --token REDACTED --secret=REDACTED -v'`},
		{"nested header", []string{`curl -H "Authorization: Basic abc" -H 'X-Api-Key: d' http://u:p@h/?q`}, `'curl -H "Authorization: REDACTED" -H '\''X-Api-Key: REDACTED'\'' http://REDACTED@h/?REDACTED'`},
		{"nested reference", []string{`./srv --token ${TOKEN}`}, `'./srv --token ${TOKEN}'`},
		{"quote", []string{"it's", ""}, `'it'\''s' ''`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := RedactArgs(tt.args); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Wherever a secret stands in a way that is documented, it must not come out.
func TestRedactArgsHidesSecrets(t *testing.T) {
	forms := []string{
		"-H\x00Authorization: %", "-H\x00cookie:%", "--header\x00X-Any: Bearer %", "-HAuthorization:%", "--header=Cookie: id=%",
		"http://h/?%", "ws://%@h/", "https://user:%@h/path?x=%#%", "--password\x00%", "--password=%", "API_KEY=%", "run --token % now",
	}
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`s3cr[A-Za-z0-9_.=+]{0,12}t`).Draw(t, "secret")
		args := []string{"pushbench"}
		for _, form := range rapid.SliceOfN(rapid.SampledFrom(forms), 1, 4).Draw(t, "forms") {
			args = append(args, strings.Split(strings.ReplaceAll(form, "%", secret), "\x00")...)
		}
		if got := RedactArgs(args); strings.Contains(got, secret) {
			t.Fatalf("%q came out of %q as %s", secret, args, got)
		}
	})
}

// A shell must split what is printed into the words that went in.
func TestShellQuoteIsWhatAShellReads(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no POSIX shell on this system")
	}
	words := []string{"plain", "", "a b", "it's", `"`, "$HOME", "`id`", "a\nb", "*", "~", `\`, "!", "#", "${X}", "é"}
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, shellQuote(w))
	}
	out, err := exec.Command(sh, "-c", `printf '%s\0' `+strings.Join(quoted, " ")).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(words, "\x00") + "\x00"; string(out) != want {
		t.Errorf("the shell read %q, want %q", out, want)
	}
}

func FuzzRedactArgs(f *testing.F) {
	f.Add("-H", "Authorization: x", "http://a@b/?c#d")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		once := RedactArgs([]string{a, b, c})
		if again := RedactArgs([]string{a, b, c}); once != again {
			t.Errorf("%q, then %q", once, again)
		}
	})
}
