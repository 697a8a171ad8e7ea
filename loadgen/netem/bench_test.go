package netem

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"pushbench/loadgen/wire"
)

// BenchmarkMetering compares reading and writing a small message through the meter with doing so on the bare socket. The
// kinds take turns, so that whatever else the machine does hits all alike; the figures are medians, ratios to bare.
func BenchmarkMetering(b *testing.B) {
	p := newPair(b, new(Dialer))
	metered := p.client.(*Conn)
	message := make([]byte, 128)
	var pool wire.Pool
	read := func(c net.Conn) func() { return func() { c.Read(message) } }
	kinds := []struct {
		name  string
		conn  net.Conn
		read  func()
		times []time.Duration
	}{
		{name: "bare", conn: metered.tcp, read: read(metered.tcp)},
		{name: "metered", conn: metered, read: read(metered)},
		{name: "lent", conn: metered, read: func() {
			if buf, _, err := metered.ReadLent(&pool); err == nil {
				pool.Put(buf)
			}
		}},
	}
	for b.Loop() {
		for i := range kinds {
			k := &kinds[i]
			p.server.Write(message)
			start := time.Now()
			k.read()
			k.conn.Write(message)
			k.times = append(k.times, time.Since(start))
			p.server.Read(message)
		}
	}
	bare := median(kinds[0].times)
	for _, k := range kinds {
		b.ReportMetric(float64(median(k.times)), k.name+"-ns")
		b.ReportMetric(float64(median(k.times))/float64(bare), k.name+"-ratio")
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// BenchmarkDelay sends a message to every connection at once and shows by how much more than the delay each took: the
// lateness of the emulation itself and, end to end, that with the sockets and the scheduler. Run it on an idle machine.
func BenchmarkDelay(b *testing.B) {
	for _, delay := range []time.Duration{time.Millisecond, 50 * time.Millisecond} {
		for _, connections := range []int{1, 1000} {
			b.Run(fmt.Sprintf("%v/%d", delay, connections), func(b *testing.B) { delayError(b, delay, connections) })
		}
	}
}

func delayError(b *testing.B, delay time.Duration, connections int) {
	d := &Dialer{Network: Network{Delay: delay}}
	defer d.Close()
	excess := make(chan time.Duration, connections)
	sent := make([]time.Time, connections)
	receive := func(client net.Conn) {
		for buf := make([]byte, 128); ; {
			if _, err := client.Read(buf); err != nil {
				return
			}
			excess <- time.Since(sent[binary.BigEndian.Uint16(buf)]) - delay
		}
	}
	servers := connect(b, d, connections, receive)
	var all []time.Duration
	message := make([]byte, 128)
	for b.Loop() {
		for i, s := range servers {
			binary.BigEndian.PutUint16(message, uint16(i))
			sent[i] = time.Now()
			s.Write(message)
		}
		for range servers {
			all = append(all, <-excess)
		}
	}
	slices.Sort(all)
	micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	l := d.Lateness()
	b.ReportMetric(micros(all[len(all)/2]), "p50-excess-µs")
	b.ReportMetric(micros(all[len(all)*99/100]), "p99-excess-µs")
	b.ReportMetric(micros(l.P50), "p50-line-µs")
	b.ReportMetric(micros(l.P99), "p99-line-µs")
}

// connect dials so many connections, at once because each takes a round trip, and returns the peers' ends.
func connect(b *testing.B, d *Dialer, connections int, receive func(net.Conn)) []net.Conn {
	listener := listen(b)
	for range connections {
		go func() {
			client, err := d.Dial(context.Background(), "tcp", listener.Addr().String(), nil)
			if err != nil {
				panic(err)
			}
			receive(client)
		}()
	}
	servers := make([]net.Conn, connections)
	for i := range servers {
		var err error
		if servers[i], err = listener.Accept(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { servers[i].Close() })
	}
	return servers
}
