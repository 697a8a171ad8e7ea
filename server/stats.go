package server

import (
	"encoding/json"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"pushbench/server/api"
)

func (s *Server) serveStats(w http.ResponseWriter) {
	body, err := json.MarshalIndent(s.Stats(), "", "  ")
	if err != nil {
		http.Error(w, "stats: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n'))
}

// Stats returns what /stats answers. It locks every topic for a
// moment: ask about once a second, not once a message.
func (s *Server) Stats() api.Stats {
	stats := api.Stats{
		Epoch:         strconv.FormatUint(s.hub.epoch, 36),
		UptimeSeconds: time.Since(s.started).Seconds(),
		Process:       processStats(),
	}
	open := s.sessions.counts()
	stats.Clients.WebSocket, stats.Clients.EventStreams, stats.Clients.PublishStreams = open[subscriber], open[eventStream], open[publisher]
	s.hub.each(func(t *topic) { t.addStats(&stats) })
	stats.Messages.DeliveredWebSocket = s.counts.websocket.sum()
	stats.Messages.DeliveredSSE = s.counts.events.sum()
	stats.Messages.DeliveredPoll = s.counts.longpoll.sum()
	stats.Messages.Missed = s.counts.missed.sum()
	stats.Messages.SlowClientsCutOff = s.counts.slow.sum()
	stats.Pings = api.Pings{Sent: s.counts.pings.sum(), Answered: s.counts.pongs.sum()}
	// Last: a drop, a duplicate or a swap is counted before its delivery is, so no delivery stands here without them.
	stats.Injection = s.inject.stats()
	return stats
}

// addStats adds one topic. What it published is its next position; which of its
// waiters are polls shows from their type. So neither is counted on the way.
func (t *topic) addStats(stats *api.Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stats.Log.Topics++
	stats.Log.Messages += t.count
	stats.Log.Bytes += t.bytes
	stats.Messages.Published += t.next
	for _, w := range t.parked {
		if _, ok := w.reader.(*parker); ok {
			stats.Clients.ParkedPolls++
		}
	}
}

func processStats() api.Process {
	// runtime/metrics, because runtime.ReadMemStats stops the world.
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return api.Process{
		CPUSeconds:  processCPU(),
		RSSBytes:    processRSS(),
		HeapBytes:   samples[0].Value.Uint64(),
		SystemBytes: samples[1].Value.Uint64() - samples[2].Value.Uint64(),
		Goroutines:  runtime.NumGoroutine(),
	}
}

// stats returns nil without injection.
func (in *injector) stats() *api.Injection {
	if in == nil {
		return nil
	}
	return &api.Injection{
		Faults:     in.plan.String(),
		Seed:       in.seed,
		Stalls:     in.plan.stallsBegun(in.elapsed()),
		Dropped:    in.dropped.Load(),
		Duplicated: in.duplicated.Load(),
		Reordered:  in.reordered.Load(),
		Delayed:    in.delayed.Load(),
		Burned:     in.burned.Load(),
	}
}
