package results

import (
	"encoding/json"
	"os"
	"os/user"
	"runtime"
	"strings"
	"testing"
)

func TestReadEnvironment(t *testing.T) {
	e := ReadEnvironment()
	if e.OS != runtime.GOOS || e.Arch != runtime.GOARCH || e.CPUs < 1 {
		t.Errorf("%+v", e)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if e.Kernel == "" || e.MemoryBytes < 1<<20 || e.UsableCPUs != runtime.NumCPU() || e.UsableCPUs > e.CPUs || e.OpenFileLimit == 0 || e.LoadAverage == nil {
		t.Errorf("Linux tells more than %+v", e)
	}
}

func TestEnvironmentNamesNobody(t *testing.T) {
	text, err := json.Marshal(ReadEnvironment())
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	secrets := []string{host, os.Getenv("HOME"), os.Getenv("PWD")}
	if u, err := user.Current(); err == nil && u.Username != "root" { // "root" is nobody's name, and part of many words
		secrets = append(secrets, u.Username)
	}
	for _, secret := range secrets {
		if len(secret) > 3 && strings.Contains(string(text), secret) {
			t.Errorf("%s contains %q", text, secret)
		}
	}
}

func TestCIName(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"none", nil, ""},
		{"GitHub", map[string]string{"CI": "true", "GITHUB_ACTIONS": "true"}, "GitHub Actions"},
		{"Gitea poses as GitHub", map[string]string{"GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true"}, "Gitea Actions"},
		{"some", map[string]string{"CI": "1"}, "unknown"},
		{"switched off", map[string]string{"CI": "false"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ciName(func(k string) (string, bool) { v, ok := tt.env[k]; return v, ok })
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
