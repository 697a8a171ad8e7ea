package pace

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkLateness compares how late releases are, and what they cost, at constant rates. Its figures are
// the metrics; ns/op is only the schedule's own pace. Run it on an idle machine:
//
//	go test -run '^$' -bench Lateness -benchtime 2000x ./loadgen/pace
func BenchmarkLateness(b *testing.B) {
	for _, rate := range []int{1_000, 10_000, 20_000, 100_000} {
		gap := time.Second / time.Duration(rate)
		for _, m := range mechanisms() {
			b.Run(fmt.Sprintf("%d/s/%s", rate, m.name), func(b *testing.B) { pacerLateness(b, m, gap) })
		}
		b.Run(fmt.Sprintf("%d/s/time.Sleep", rate), func(b *testing.B) {
			measure(b, func(start time.Time, late []time.Duration) {
				for i := range late {
					due := start.Add(time.Duration(i) * gap)
					time.Sleep(time.Until(due))
					late[i] = time.Since(due)
				}
			})
		})
	}
}

func pacerLateness(b *testing.B, m mechanism, gap time.Duration) {
	w, err := newWaker(m)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	measure(b, func(start time.Time, late []time.Duration) {
		p := &Pacer{Start: start, Count: len(late), Due: func(i int) time.Duration { return time.Duration(i) * gap }}
		p.Release = func(i int, released time.Time) { late[i] = released.Sub(start) - p.Due(i) }
		if err := p.run(context.Background(), w); err != nil {
			b.Fatal(err)
		}
	})
}

func measure(b *testing.B, run func(start time.Time, late []time.Duration)) {
	late := make([]time.Duration, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	cpu, start := cpuTime(), time.Now()
	run(start, late)
	cpu, elapsed := cpuTime()-cpu, time.Since(start)
	slices.Sort(late)
	micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	b.ReportMetric(micros(late[len(late)/2]), "p50-late-µs")
	b.ReportMetric(micros(late[len(late)*99/100]), "p99-late-µs")
	b.ReportMetric(micros(late[len(late)-1]), "max-late-µs")
	b.ReportMetric(micros(cpu)/float64(b.N), "cpu-µs/release")
	b.ReportMetric(100*float64(cpu)/float64(elapsed), "cpu-%")
}
