package loadgen

import (
	"math"
	"os"
	"runtime/metrics"
	"sync"
	"time"

	"pushbench/loadgen/proc"
	"pushbench/results"
)

// meters read what a round costs: the server's process and this one.
type meters struct {
	server ServerInfo
	// mu guards what a server that takes another's place changes: whose processes are read, and what processes before them had used.
	mu   sync.Mutex
	pids []int
	past *time.Duration
	// cores is how many processors this process may use.
	cores int

	beforeRamp, afterRamp *clocks

	serverIdle, selfIdle *proc.Memory
	atBegin, atEnd       *readings
	serverEnd, selfEnd   *proc.Memory
}

// readings are taken at both ends of the steady phase. What could not be read is nil.
type readings struct {
	at                 time.Time
	serverCPU, selfCPU *time.Duration
	waits              *metrics.Float64Histogram
	gcCycles           uint64
	gcPauses           *metrics.Float64Histogram
}

func newMeters(server ServerInfo) *meters {
	cpus, err := proc.UsableCPUs()
	if err != nil || len(cpus) == 0 {
		cpus = []int{0}
	}
	return &meters{server: server, pids: server.PIDs, past: new(time.Duration), cores: len(cpus)}
}

// idle reads the memory before anyone has connected.
func (m *meters) idle() {
	m.serverIdle, m.selfIdle = m.serverMemory(), memoryOf(os.Getpid())
}

func (m *meters) begin() { m.atBegin = m.read() }

// lateReading is the share of the steady phase by which the time between the two readings may differ from it. On a machine that keeps this process waiting, the
// first can come when most has happened already: a cost read so is none of the phase's.
const lateReading = 0.1

// end reads the costs at the end of a steady phase of a given length, and the memory while every client is still there.
func (m *meters) end(steady time.Duration) {
	m.atEnd = m.read()
	if off := m.elapsed() - steady; math.Abs(float64(off)) > lateReading*float64(steady) {
		m.atBegin.serverCPU, m.atBegin.selfCPU = nil, nil
	}
	m.serverEnd, m.selfEnd = m.serverMemory(), memoryOf(os.Getpid())
}

func (m *meters) read() *readings {
	samples := []metrics.Sample{{Name: "/sched/latencies:seconds"}, {Name: "/gc/cycles/total:gc-cycles"}, {Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(samples)
	return &readings{
		at: time.Now(), serverCPU: m.serverCPU(), selfCPU: cpuOf(os.Getpid()),
		waits: samples[0].Value.Float64Histogram(), gcCycles: samples[1].Value.Uint64(), gcPauses: samples[2].Value.Float64Histogram(),
	}
}

// died notes that the server's process is about to be killed, having used so much; nothing can be read then until follow says whose processes are next.
func (m *meters) died(used *time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pids, m.past = nil, used
}

func (m *meters) follow(pids []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pids = pids
}

// serverCPU and serverMemory are what the server's processes, or the whole trees below them, and its control groups have used and hold together. What a
// process had used that was killed stays in the sum.
func (m *meters) serverCPU() *time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	read := proc.CPU
	if m.server.Tree {
		read = proc.CPUOfTree
	}
	readings := append(readAll(m.pids, read), readAll(m.server.Cgroups, cpuOfGroup)...)
	if len(readings) == 0 || m.past == nil {
		return nil
	}
	used := *m.past
	for _, r := range readings {
		if r == nil { // a part of the server is not its cost
			return nil
		}
		used += *r
	}
	return &used
}

func (m *meters) serverMemory() *proc.Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	read := proc.MemoryOf
	if m.server.Tree {
		read = proc.MemoryOfTree
	}
	readings := append(readAll(m.pids, read), readAll(m.server.Cgroups, memoryOfGroup)...)
	if len(readings) == 0 {
		return nil
	}
	var sum proc.Memory
	for _, r := range readings {
		if r == nil {
			return nil
		}
		sum.RSS += r.RSS
		sum.Peak += r.Peak
	}
	return &sum
}

// readAll reads a cost of each; nil where it cannot be read.
func readAll[K, T any](of []K, read func(K) (T, error)) (readings []*T) {
	for _, k := range of {
		readings = append(readings, orNil(read(k)))
	}
	return readings
}

func cpuOfGroup(path string) (time.Duration, error) {
	g, err := proc.FindCgroup(path)
	if err != nil {
		return 0, err
	}
	return g.CPU()
}

func memoryOfGroup(path string) (proc.Memory, error) {
	g, err := proc.FindCgroup(path)
	if err != nil {
		return proc.Memory{}, err
	}
	return g.Memory()
}

func cpuOf(pid int) *time.Duration { return orNil(proc.CPU(pid)) }

func memoryOf(pid int) *proc.Memory { return orNil(proc.MemoryOf(pid)) }

// orNil is a reading, or nil for one that failed.
func orNil[T any](v T, err error) *T {
	if err != nil {
		return nil
	}
	return &v
}

// serverCost is what the server cost, or nil if nothing of it could be read.
func (m *meters) serverCost(delivered int64, clients int) *results.Server {
	if len(m.server.PIDs) == 0 && len(m.server.Cgroups) == 0 && m.server.Injected == "" {
		return nil
	}
	s := &results.Server{Cores: m.server.Cores, Procs: m.server.Procs, HTTP: m.server.HTTP, Injected: m.server.Injected, Counted: m.server.counted()}
	if m.atBegin != nil && m.atEnd != nil {
		s.CPU, s.CPUPerMessage, s.CPUShare = cpuCost(m.atBegin.serverCPU, m.atEnd.serverCPU, m.elapsed(), delivered, m.server.Usable())
	}
	s.RSSIdle, s.RSSPeak, s.RSSPerClient = memoryCost(m.serverIdle, m.serverEnd, clients)
	return s
}

// generatorCost is what this process cost, and how its runtime fared.
func (m *meters) generatorCost(delivered int64, clients int) results.Generator {
	g := results.Generator{Cores: m.cores}
	g.RSSIdle, g.RSSPeak, g.RSSPerClient = memoryCost(m.selfIdle, m.selfEnd, clients)
	if m.atBegin == nil || m.atEnd == nil {
		return g
	}
	g.CPU, g.CPUPerMessage, g.CPUShare = cpuCost(m.atBegin.selfCPU, m.atEnd.selfCPU, m.elapsed(), delivered, m.cores)
	if wait, ok := percentileOf(m.atBegin.waits, m.atEnd.waits, .99); ok {
		g.SchedLatencyP99 = new(int64(wait * float64(time.Second)))
	}
	g.GCCycles = int64(m.atEnd.gcCycles - m.atBegin.gcCycles)
	g.GCPause = new(int64(sumOf(m.atBegin.gcPauses, m.atEnd.gcPauses) * float64(time.Second)))
	return g
}

func (m *meters) elapsed() time.Duration { return m.atEnd.at.Sub(m.atBegin.at) }

// cpuCost relates the processor time between two readings to messages and to the time that was available.
func cpuCost(begin, end *time.Duration, elapsed time.Duration, delivered int64, cores int) (cpu *int64, perMessage, share *float64) {
	if begin == nil || end == nil {
		return nil, nil, nil
	}
	used := *end - *begin
	cpu = new(int64(used))
	if delivered > 0 {
		perMessage = new(float64(used) / float64(delivered))
	}
	if elapsed > 0 && cores > 0 {
		share = new(float64(used) / (float64(elapsed) * float64(cores)))
	}
	return cpu, perMessage, share
}

func memoryCost(idle, now *proc.Memory, clients int) (rssIdle, rssPeak *int64, perClient *float64) {
	if idle != nil {
		rssIdle = new(idle.RSS)
	}
	if now != nil && now.Peak > 0 {
		rssPeak = new(now.Peak)
	}
	if idle != nil && now != nil && clients > 0 {
		perClient = new(float64(now.RSS-idle.RSS) / float64(clients))
	}
	return rssIdle, rssPeak, perClient
}

// percentileOf is the upper bound of the bucket that holds quantile q of what a runtime histogram gained between two readings, in seconds.
func percentileOf(begin, end *metrics.Float64Histogram, q float64) (float64, bool) {
	var total uint64
	for i, n := range end.Counts {
		total += n - begin.Counts[i]
	}
	if total == 0 {
		return 0, false
	}
	rank := uint64(math.Ceil(q * float64(total)))
	var sum uint64
	for i, n := range end.Counts {
		if sum += n - begin.Counts[i]; sum >= rank {
			return finite(end.Buckets, i+1), true
		}
	}
	return 0, false
}

// sumOf estimates the sum of what a runtime histogram gained, in seconds: each value counts as its bucket's upper bound.
func sumOf(begin, end *metrics.Float64Histogram) (sum float64) {
	for i, n := range end.Counts {
		if gained := n - begin.Counts[i]; gained > 0 {
			sum += float64(gained) * finite(end.Buckets, i+1)
		}
	}
	return sum
}

// finite is the bucket boundary at i, or the nearest finite one below.
func finite(boundaries []float64, i int) float64 {
	for i > 0 && math.IsInf(boundaries[i], 0) {
		i--
	}
	return boundaries[i]
}
