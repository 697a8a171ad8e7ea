package results

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes a root with these files.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	metal   = "processor\t: 0\nmodel name\t: Ideal CPU\nflags\t\t: fpu sse\n\nprocessor\t: 1\nmodel name\t: Ideal CPU\nflags\t\t: fpu sse\n"
	virtual = "processor\t: 0\nmodel name\t: Ideal CPU\nflags\t\t: fpu hypervisor sse\n"
)

func TestReadSystem(t *testing.T) {
	root := tree(t, map[string]string{
		"proc/sys/kernel/osrelease":             "6.1.0\n",
		"proc/sys/net/core/somaxconn":           "4096\n",
		"proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
		"proc/cpuinfo":                          metal,
		"proc/meminfo":                          "MemTotal:        2048 kB\nMemFree:  1 kB\n",
		"proc/loadavg":                          "0.25 0.5 0.75 1/99 1234\n",
		"proc/self/cgroup":                      "0::/kubepods/pod1\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
		"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance\n",
	})
	var got Environment
	got.readSystem(root)
	got.UsableCPUs, got.OpenFileLimit, got.OpenFileLimitHard = 0, 0, 0 // of this process
	want := Environment{
		Kernel: "6.1.0", CPUModel: "Ideal CPU", CPUs: 2, MemoryBytes: 2 << 20, Governor: "performance, powersave", Container: "kubernetes",
		Somaxconn: 4096, LocalPorts: &[2]int{32768, 60999}, LoadAverage: ptr(0.25),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReadSystemWithoutProc(t *testing.T) {
	got := Environment{CPUs: 3}
	got.readSystem(t.TempDir())
	got.UsableCPUs, got.OpenFileLimit, got.OpenFileLimitHard = 0, 0, 0
	if diff := cmp.Diff(Environment{CPUs: 3}, got); diff != "" {
		t.Errorf("what cannot be read is not left out:\n%s", diff)
	}
}

func TestVirtualised(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"metal", map[string]string{"proc/cpuinfo": metal}, ""},
		{"metal of a cloud", map[string]string{"proc/cpuinfo": metal, "sys/class/dmi/id/sys_vendor": "Amazon EC2"}, ""},
		{"unknown hypervisor", map[string]string{"proc/cpuinfo": virtual}, "yes"},
		{"named", map[string]string{"proc/cpuinfo": virtual, "sys/class/dmi/id/product_name": "VirtualBox"}, "virtualbox"},
		{"Hyper-V needs both strings", map[string]string{
			"proc/cpuinfo": virtual, "sys/class/dmi/id/sys_vendor": "Microsoft Corporation", "sys/class/dmi/id/product_name": "Virtual Machine",
		}, "hyper-v"},
		{"Xen without DMI", map[string]string{"proc/cpuinfo": virtual, "sys/hypervisor/type": "xen\n"}, "xen"},
		{"ARM has no flag", map[string]string{"proc/cpuinfo": "processor\t: 0\nFeatures\t: fp\n", "sys/class/dmi/id/sys_vendor": "QEMU"}, "qemu"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := system(tree(t, tt.files)).virtualised(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestContainer(t *testing.T) {
	for file, want := range map[string]string{".dockerenv": "docker", "run/.containerenv": "podman", "etc/passwd": ""} {
		if got := system(tree(t, map[string]string{file: ""})).container(); got != want {
			t.Errorf("with %s: %q, want %q", file, got, want)
		}
	}
}
