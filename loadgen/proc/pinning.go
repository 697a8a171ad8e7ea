package proc

// Pinning divides the processors of a machine between a server and its load generator.
type Pinning struct {
	// Mode is "separate", or "shared" where there is one processor, pinning was turned off, or the platform cannot.
	Mode              string
	Server, Generator []int
}

// Pin gives half of the processors to each side, the odd one to the generator: a generator that runs short invalidates the run, a server only shows it.
func Pin(cpus []int, off bool) Pinning {
	if off || len(cpus) < 2 || !canPin {
		return Pinning{Mode: "shared"}
	}
	half := len(cpus) / 2
	return Pinning{Mode: "separate", Server: cpus[:half], Generator: cpus[half:]}
}

// Cores is how many processors a side may use out of all.
func Cores(side, all []int) int {
	if len(side) == 0 {
		return len(all)
	}
	return len(side)
}
