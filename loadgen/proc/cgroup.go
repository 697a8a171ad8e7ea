package proc

// Cgroup is a control group whose cost can be read: that of all processes in it and below, such as a container's. Make one with FindCgroup.
type Cgroup struct {
	// cpu and memory are the folders of its files: of version 2 one and the same, of version 1 one in each hierarchy. Empty for what it does not account.
	cpu, memory string
	unified     bool
}
