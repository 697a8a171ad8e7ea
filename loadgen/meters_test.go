package loadgen

import (
	"math"
	"os"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/loadgen/proc"
)

// histogram has buckets (−∞, 1], (1, 2], (2, 4], (4, ∞).
func histogram(counts ...uint64) *metrics.Float64Histogram {
	return &metrics.Float64Histogram{Counts: counts, Buckets: []float64{math.Inf(-1), 1, 2, 4, math.Inf(1)}}
}

func TestPercentileOf(t *testing.T) {
	for name, test := range map[string]struct {
		begin, end *metrics.Float64Histogram
		q          float64
		want       float64
		ok         bool
	}{
		"nothing gained":              {histogram(1, 2, 3, 4), histogram(1, 2, 3, 4), .99, 0, false},
		"only what was gained counts": {histogram(0, 0, 500, 0), histogram(3, 0, 500, 0), .99, 1, true},
		"at the rank":                 {histogram(0, 0, 0, 0), histogram(98, 1, 1, 0), .99, 2, true},
		"just above the rank":         {histogram(0, 0, 0, 0), histogram(98, 0, 2, 0), .99, 4, true},
		"median":                      {histogram(0, 0, 0, 0), histogram(1, 1, 1, 0), .5, 2, true},
		"beyond the last boundary":    {histogram(0, 0, 0, 0), histogram(0, 0, 0, 7), .99, 4, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := percentileOf(test.begin, test.end, test.q); got != test.want || ok != test.ok {
				t.Errorf("%v, %v; want %v, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestSumOf(t *testing.T) {
	if got := sumOf(histogram(5, 5, 5, 5), histogram(7, 6, 5, 6)); got != 2*1+1*2+1*4 {
		t.Errorf("the sum is %v, want 8", got)
	}
	if got := sumOf(histogram(5, 5, 5, 5), histogram(5, 5, 5, 5)); got != 0 {
		t.Errorf("the sum of nothing is %v", got)
	}
}

func value[T any](p *T) any {
	if p == nil {
		return "n/a"
	}
	return *p
}

// What could not be read is n/a and never zero; what was read and is zero is zero.
func TestCPUCost(t *testing.T) {
	for name, test := range map[string]struct {
		begin, end             *time.Duration
		elapsed                time.Duration
		delivered              int64
		cores                  int
		cpu, perMessage, share any
	}{
		"all known":        {new(time.Second), new(3 * time.Second), 4 * time.Second, 1000, 2, int64(2e9), 2e6, 0.25},
		"nothing used":     {new(time.Second), new(time.Second), 4 * time.Second, 1000, 2, int64(0), 0.0, 0.0},
		"begin unread":     {nil, new(time.Second), time.Second, 1, 1, "n/a", "n/a", "n/a"},
		"end unread":       {new(time.Second), nil, time.Second, 1, 1, "n/a", "n/a", "n/a"},
		"no deliveries":    {new(time.Second), new(2 * time.Second), time.Second, 0, 1, int64(1e9), "n/a", 1.0},
		"no time":          {new(time.Second), new(2 * time.Second), 0, 1, 1, int64(1e9), 1e9, "n/a"},
		"cores unknown":    {new(time.Second), new(2 * time.Second), time.Second, 1, 0, int64(1e9), 1e9, "n/a"},
		"nothing is known": {nil, nil, 0, 0, 0, "n/a", "n/a", "n/a"},
	} {
		t.Run(name, func(t *testing.T) {
			cpu, perMessage, share := cpuCost(test.begin, test.end, test.elapsed, test.delivered, test.cores)
			if value(cpu) != test.cpu || value(perMessage) != test.perMessage || value(share) != test.share {
				t.Errorf("%v, %v, %v; want %v, %v, %v", value(cpu), value(perMessage), value(share), test.cpu, test.perMessage, test.share)
			}
		})
	}
}

func TestMemoryCost(t *testing.T) {
	idle, now := &proc.Memory{RSS: 1000, Peak: 1500}, &proc.Memory{RSS: 5000, Peak: 6000}
	for name, test := range map[string]struct {
		idle, now             *proc.Memory
		clients               int
		rss, peak, perClients any
	}{
		"all known":      {idle, now, 10, int64(1000), int64(6000), 400.0},
		"shrunk":         {now, idle, 10, int64(5000), int64(1500), -400.0},
		"idle unread":    {nil, now, 10, "n/a", int64(6000), "n/a"},
		"now unread":     {idle, nil, 10, int64(1000), "n/a", "n/a"},
		"without anyone": {idle, now, 0, int64(1000), int64(6000), "n/a"},
	} {
		t.Run(name, func(t *testing.T) {
			rss, peak, per := memoryCost(test.idle, test.now, test.clients)
			if value(rss) != test.rss || value(peak) != test.peak || value(per) != test.perClients {
				t.Errorf("%v, %v, %v; want %v, %v, %v", value(rss), value(peak), value(per), test.rss, test.peak, test.perClients)
			}
		})
	}
}

// steady reads the costs at both ends of a phase that is a second long, the first reading late by so much. Its time is a bubble's.
func (m *meters) steady(late time.Duration) {
	m.idle()
	time.Sleep(late)
	m.begin()
	time.Sleep(time.Second - late)
	m.end(time.Second)
}

func TestServerCost(t *testing.T) { synctest.Test(t, serverCost) }

func serverCost(t *testing.T) {
	remote := newMeters(ServerInfo{URL: "http://192.0.2.1:80"})
	if got := remote.serverCost(1, 1); got != nil {
		t.Errorf("the cost of a server elsewhere is %+v, want n/a", got)
	}
	gone := newMeters(ServerInfo{PIDs: []int{1 << 30}, Cores: 3})
	gone.steady(0)
	if got := gone.serverCost(1, 1); got == nil || got.Cores != 3 || got.CPU != nil || got.RSSPeak != nil || got.RSSPerClient != nil {
		t.Errorf("the cost of a process that is gone is %+v, want its cores and nothing else", got)
	}
	self := newMeters(ServerInfo{PIDs: []int{os.Getpid()}, Cores: 1})
	if got := self.serverCost(1, 1); got == nil || got.CPU != nil {
		t.Errorf("the cost before the steady phase is %+v, want n/a", got)
	}
	self.steady(50 * time.Millisecond)
	if got := self.serverCost(1, 1); got.CPU == nil || got.RSSPeak == nil || *got.RSSPeak < *got.RSSIdle {
		t.Errorf("this process as the server costs %+v", got)
	}
	if got := self.generatorCost(1, 1); got.CPU == nil || got.Cores < 1 || got.GCPause == nil {
		t.Errorf("the generator costs %+v", got)
	}
	both := newMeters(ServerInfo{PIDs: []int{os.Getpid(), os.Getppid()}, Foreign: true})
	both.steady(0)
	if got, alone := both.serverCost(1, 1), self.serverCost(1, 1); len(got.Counted) != 2 || *got.RSSIdle <= *alone.RSSIdle || *got.RSSPeak <= *alone.RSSPeak {
		t.Errorf("this process and its parent cost %+v, this one alone %+v", got, alone)
	}
	half := newMeters(ServerInfo{PIDs: []int{os.Getpid(), 1 << 30}})
	half.steady(0)
	if got := half.serverCost(1, 1); got.CPU != nil || got.RSSPeak != nil || got.Counted != nil {
		t.Errorf("of two processes, one of them gone, the cost is %+v, want n/a", got)
	}
	self.steady(200 * time.Millisecond)
	if server, generator := self.serverCost(1, 1), self.generatorCost(1, 1); server.CPU != nil || generator.CPU != nil || server.RSSPeak == nil {
		t.Errorf("between readings of which one came late the server used %v and the generator %v, want n/a", server.CPU, generator.CPU)
	}
}
