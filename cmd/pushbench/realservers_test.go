package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"pushbench/loadgen/proc"
	"pushbench/loadgen/target/file"
)

// realServersDir holds the servers of other makes, and what install.sh has fetched for them.
const realServersDir = "testdata/realservers"

// TestRealServers runs the command lines of testdata/real/*.txtar against servers of other makes. There are two more commands than in TestScripts:
//
//	realserver NAME [KEY=VALUE…]      start a server of testdata/realservers; sets NAME, in capitals, to its URL, and PID to its process, and writes the target
//	                                  file of that name, if there is one, with this URL to NAME.yaml
//	answers FILE METHOD STATUS NAME   sets NAME to how many requests for channels an nginx's log says were answered so; STATUS is a regular expression
//
// The server's name is that of a file there. A pair sets a directive of nginx or a variable of the environment of Node. A script whose server is not
// installed is skipped, and says why. `make test-real` installs what is missing and runs them; `make test` leaves them out.
func TestRealServers(t *testing.T) {
	if os.Getenv("PUSHBENCH_TEST_REAL") == "" {
		t.Skip("servers of other makes are started by make test-real")
	}
	params := scriptParams(t, "testdata/real")
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Values[skipKey{}] = env.T()
		return setup(env)
	}
	params.Cmds["realserver"], params.Cmds["answers"] = realServer, answers
	testscript.Run(t, params)
}

type skipKey struct{}

// errNotInstalled is why a script is skipped, not failed.
var errNotInstalled = errors.New("not installed; make test-real installs it where it can")

// realServer starts a server of another make, which lives as long as the script.
func realServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: realserver NAME [KEY=VALUE…]")
	}
	name, settings := args[0], map[string]string{}
	for _, pair := range args[1:] {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			ts.Fatalf("realserver: %q is not KEY=VALUE", pair)
		}
		settings[key] = value
	}
	process, url, err := startReal(ts.MkAbs(name), name, settings)
	if errors.Is(err, errNotInstalled) {
		ts.Value(skipKey{}).(testscript.T).Skip(fmt.Sprintf("%s: %v", name, err))
	}
	ts.Check(err)
	ts.Defer(func() { _ = process.Stop(stopGrace) }) // one that SIGTERM ended did not end well
	ts.Setenv(strings.ToUpper(name), url)
	ts.Setenv("PID", strconv.Itoa(process.PID()))
	if e, err := file.LookupExample(name); err == nil {
		ts.Check(os.WriteFile(ts.MkAbs(name+".yaml"), fileURL.ReplaceAll(e.Text, []byte("url: "+url)), 0o644))
	}
}

// fileURL is where a target file says where its server listens.
var fileURL = regexp.MustCompile(`(?m)^url: .*$`)

// answers counts lines of an access log.
func answers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: answers FILE METHOD STATUS NAME")
	}
	line := regexp.MustCompile(`"` + args[1] + ` /channels/\S+ HTTP/1\.1" ` + args[2] + ` `)
	ts.Setenv(args[3], strconv.Itoa(len(line.FindAllString(ts.ReadFile(args[0]), -1))))
}

// startReal starts a server on a port that was free a moment ago, and on another if somebody took that in between.
func startReal(dir, name string, settings map[string]string) (*proc.Process, string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, "", err
	}
	for tries := 3; ; tries-- {
		addr, err := freeAddress()
		if err != nil {
			return nil, "", err
		}
		command, err := realCommand(dir, name, addr, settings)
		if err != nil {
			return nil, "", err
		}
		process, err := startReady(command, "http://"+addr)
		if err == nil || tries == 1 || !portTaken.MatchString(err.Error()) {
			return process, "http://" + addr, err
		}
	}
}

var portTaken = regexp.MustCompile(`EADDRINUSE|Address already in use`)

func startReady(command proc.Command, url string) (*proc.Process, error) {
	process, err := proc.Start(command)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err = process.Ready(ctx, func(ctx context.Context) error {
		_, err := healthy(ctx, url+"/healthz")
		return err
	})
	if err != nil {
		return nil, errors.Join(err, process.Stop(stopGrace))
	}
	return process, nil
}

// realCommand is how a server is started: by nginx if it is a configuration, by Node if it is a module.
func realCommand(dir, name, addr string, settings map[string]string) (proc.Command, error) {
	script, err := filepath.Abs(filepath.Join(realServersDir, name+".mjs"))
	if err != nil {
		return proc.Command{}, err
	}
	if _, err := os.Stat(script); err != nil {
		return nginxCommand(dir, name, addr, settings)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return proc.Command{}, fmt.Errorf("Node is %w", errNotInstalled)
	}
	if _, err := os.Stat(filepath.Join(realServersDir, "node_modules")); err != nil {
		return proc.Command{}, fmt.Errorf("what package.json asks for is %w", errNotInstalled)
	}
	_, port, _ := strings.Cut(addr, ":")
	command := proc.Command{Name: name, Args: []string{node, script}, Env: []string{"PORT=" + port}, Dir: dir}
	for key, value := range settings {
		command.Env = append(command.Env, key+"="+value)
	}
	return command, nil
}

func nginxCommand(dir, name, addr string, settings map[string]string) (proc.Command, error) {
	text, err := os.ReadFile(filepath.Join(realServersDir, name+".conf"))
	if err != nil {
		return proc.Command{}, err
	}
	nginx, modules, err := findNginx(strings.Contains(string(text), "load_module"))
	if err != nil {
		return proc.Command{}, err
	}
	settings["listen"] = addr
	for directive, value := range settings {
		expression := regexp.MustCompile(`(?m)^(\s*` + regexp.QuoteMeta(directive) + `\s+)[^;{}]+;`)
		if !expression.Match(text) {
			return proc.Command{}, fmt.Errorf("%s.conf has no directive %s", name, directive)
		}
		text = expression.ReplaceAll(text, []byte("${1}"+value+";"))
	}
	text = []byte(strings.ReplaceAll(string(text), nginxModules, modules))
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return proc.Command{}, err
	}
	return proc.Command{Name: name, Args: []string{nginx, "-p", dir, "-e", "stderr", "-c", file}}, nil
}

// nginxModules is where Debian's packages put nginx's modules.
const nginxModules = "/usr/lib/nginx/modules"

// findNginx looks for an nginx with Nchan, or for any: installed on the machine, or unpacked by install.sh.
func findNginx(nchan bool) (nginx, modules string, err error) {
	unpacked, err := filepath.Abs(filepath.Join(realServersDir, "unpacked"))
	if err != nil {
		return "", "", err
	}
	for _, root := range []string{"", unpacked} {
		nginx, modules = root+"/usr/sbin/nginx", root+nginxModules
		if _, err := os.Stat(nginx); err != nil {
			continue
		}
		if _, err := os.Stat(modules + "/ngx_nchan_module.so"); err == nil || !nchan {
			return nginx, modules, nil
		}
	}
	return "", "", fmt.Errorf("nginx is %w", errNotInstalled)
}
