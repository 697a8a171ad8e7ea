package results

import (
	"os"
	"runtime"
)

// Environment is the machine and the software a run was made on, as far as it matters to the numbers. It names no user, host or path.
type Environment struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Kernel   string `json:"kernel,omitempty"`
	CPUModel string `json:"cpu_model,omitempty"`
	// CPUs are the logical ones of the machine; UsableCPUs those that this process may run on, by its affinity.
	CPUs        int   `json:"cpus"`
	UsableCPUs  int   `json:"usable_cpus,omitempty"`
	MemoryBytes int64 `json:"memory_bytes,omitempty"`
	// OpenFileLimit is the soft limit, which the Go runtime has raised to the hard one where it may; -1 is unlimited.
	OpenFileLimit     int64  `json:"open_file_limit,omitempty"`
	OpenFileLimitHard int64  `json:"open_file_limit_hard,omitempty"`
	Governor          string `json:"cpu_governor,omitempty"`
	// Virtualised names the hypervisor, or is "yes" when the CPU only says that there is one.
	Virtualised string `json:"virtualised,omitempty"`
	// Container names what the process is confined in, such as "docker" or "kubernetes".
	Container string `json:"container,omitempty"`
	CI        string `json:"ci,omitempty"`
	// Somaxconn is the longest accept queue a listener may have, LocalPorts the first and the last port of outgoing connections.
	Somaxconn     int64    `json:"somaxconn,omitempty"`
	LocalPorts    *[2]int  `json:"ip_local_port_range,omitempty"`
	Pinning       string   `json:"pinning"`
	ServerCPUs    []int    `json:"server_cpus,omitempty"`
	GeneratorCPUs []int    `json:"generator_cpus,omitempty"`
	LoadAverage   *float64 `json:"load_average_1m,omitempty"`
}

// ReadEnvironment returns what this machine tells about itself; call it before the run, for its load average. What cannot be read is left out,
// so it never fails. Pinning and the CPU sets are the caller's to fill. Outside Linux it knows only what Go knows.
func ReadEnvironment() Environment {
	e := Environment{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), CI: ciName(os.LookupEnv)}
	e.readSystem("/")
	return e
}

// ciSystems are the variables by which continuous-integration systems make themselves known, the particular ones before the general.
var ciSystems = []struct{ variable, name string }{
	{"GITEA_ACTIONS", "Gitea Actions"},
	{"FORGEJO_ACTIONS", "Forgejo Actions"},
	{"GITHUB_ACTIONS", "GitHub Actions"}, // after Gitea and Forgejo, which set it too
	{"GITLAB_CI", "GitLab CI"},
	{"CIRCLECI", "CircleCI"},
	{"BUILDKITE", "Buildkite"},
	{"TRAVIS", "Travis CI"},
	{"TF_BUILD", "Azure Pipelines"},
	{"BITBUCKET_BUILD_NUMBER", "Bitbucket Pipelines"},
	{"CODEBUILD_BUILD_ID", "AWS CodeBuild"},
	{"TEAMCITY_VERSION", "TeamCity"},
	{"DRONE", "Drone"},
	{"CIRRUS_CI", "Cirrus CI"},
	{"JENKINS_URL", "Jenkins"},
}

func ciName(lookup func(string) (string, bool)) string {
	for _, s := range ciSystems {
		if v, ok := lookup(s.variable); ok && v != "" && v != "false" {
			return s.name
		}
	}
	if v, ok := lookup("CI"); ok && v != "" && v != "false" {
		return "unknown"
	}
	return ""
}
