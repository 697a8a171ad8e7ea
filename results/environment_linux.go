package results

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// readSystem fills in what /proc, /sys and the kernel tell. root is "/", or in tests a folder with a proc and a sys.
func (e *Environment) readSystem(root string) {
	s := system(root)
	e.Kernel = s.text("proc/sys/kernel/osrelease")
	e.Governor = s.governor()
	e.Virtualised = s.virtualised()
	e.Container = s.container()
	e.Somaxconn, _ = strconv.ParseInt(s.text("proc/sys/net/core/somaxconn"), 10, 64)
	e.LocalPorts = s.localPorts()
	e.readProc(filepath.Join(root, "proc"))
	e.readLimits()
}

func (e *Environment) readProc(mount string) {
	fs, err := procfs.NewFS(mount)
	if err != nil {
		return
	}
	if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 {
		e.CPUs = len(cpus)
		e.CPUModel = cpus[0].ModelName
	}
	if memory, err := fs.Meminfo(); err == nil && memory.MemTotalBytes != nil {
		e.MemoryBytes = int64(*memory.MemTotalBytes)
	}
	if load, err := fs.LoadAvg(); err == nil {
		e.LoadAverage = &load.Load1
	}
}

// readLimits asks about this process, which no file of another root can answer.
func (e *Environment) readLimits() {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) == nil {
		e.UsableCPUs = set.Count()
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		e.OpenFileLimit, e.OpenFileLimitHard = int64(limit.Cur), int64(limit.Max) // RLIM_INFINITY becomes -1
	}
}

// system reads small files under a root.
type system string

// text returns the file's content without surrounding space, "" if it cannot be read.
func (s system) text(name string) string {
	content, err := os.ReadFile(filepath.Join(string(s), name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

func (s system) exists(name string) bool {
	_, err := os.Stat(filepath.Join(string(s), name))
	return err == nil
}

// governor lists the distinct frequency governors, since one core on "powersave" is enough to disturb a run.
func (s system) governor() string {
	files, _ := filepath.Glob(filepath.Join(string(s), "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"))
	var names []string
	for _, f := range files {
		if content, err := os.ReadFile(f); err == nil {
			names = append(names, strings.TrimSpace(string(content)))
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

func (s system) localPorts() *[2]int {
	var ports [2]int
	if _, err := fmt.Sscan(s.text("proc/sys/net/ipv4/ip_local_port_range"), &ports[0], &ports[1]); err != nil {
		return nil
	}
	return &ports
}

// hypervisors are names as they occur in DMI strings, lower case, and what to call them.
var hypervisors = []struct{ in, name string }{
	{"firecracker", "firecracker"},
	{"amazon ec2", "aws"},
	{"google compute engine", "gcp"},
	{"kvm", "kvm"},
	{"qemu", "qemu"},
	{"vmware", "vmware"},
	{"virtualbox", "virtualbox"},
	{"microsoft corporation virtual machine", "hyper-v"},
	{"xen", "xen"},
	{"bochs", "bochs"},
	{"parallels", "parallels"},
	{"digitalocean", "digitalocean"},
	{"hetzner", "hetzner"},
	{"openstack", "openstack"},
}

// virtualised names the hypervisor by the firmware's strings, or says that there is one by the CPU's flag: bit 31 of CPUID leaf 1 ECX, which real CPUs leave 0.
// Metal instances of a cloud carry its name in DMI but not the flag; where the architecture has such a flag (x86), it decides.
func (s system) virtualised() string {
	info := s.text("proc/cpuinfo")
	flagged := strings.Contains(info, " hypervisor")
	if strings.Contains(info, "\nflags") && !flagged {
		return ""
	}
	dmi := strings.ToLower(s.text("sys/class/dmi/id/sys_vendor") + " " + s.text("sys/class/dmi/id/product_name"))
	for _, h := range hypervisors {
		if strings.Contains(dmi, h.in) {
			return h.name
		}
	}
	if kind := s.text("sys/hypervisor/type"); kind != "" {
		return kind
	}
	if flagged {
		return "yes"
	}
	return ""
}

// containers are traces that container runtimes leave in a process's control groups.
var containers = []struct{ in, name string }{
	{"kubepods", "kubernetes"}, {"docker", "docker"}, {"containerd", "containerd"}, {"libpod", "podman"}, {"lxc", "lxc"},
}

// container names what confines the process. With control groups v2 and a namespace of their own only the marker files are left to see.
func (s system) container() string {
	groups := s.text("proc/self/cgroup")
	for _, c := range containers {
		if strings.Contains(groups, c.in) {
			return c.name
		}
	}
	switch {
	case s.exists(".dockerenv"):
		return "docker"
	case s.exists("run/.containerenv"):
		return "podman"
	case s.exists("run/secrets/kubernetes.io"), s.exists("var/run/secrets/kubernetes.io"):
		return "kubernetes"
	}
	return ""
}
