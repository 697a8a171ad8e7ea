// Package api is what the reference server says as JSON: the types of /stats and
// of the publish stream. It uses the standard library only, so that a client can
// import it without the server.
//
// Keys carry units. What cannot be read on a platform is absent, never zero.
// Fields may be added; a meaning never changes.
package api

// Sync is the text frame a publish stream answers with a [Published].
const Sync = "sync"

// Published answers [Sync].
type Published struct {
	Published uint64 `json:"published"` // messages of this stream accepted so far
}

// Stats is the answer of GET /stats: the state at one instant, and totals since
// the start.
type Stats struct {
	Epoch         string     `json:"epoch"` // of the log, base 36: the first part of every cursor
	UptimeSeconds float64    `json:"uptime_seconds"`
	Clients       Clients    `json:"clients"`
	Log           Log        `json:"log"`
	Messages      Messages   `json:"messages"`
	Pings         Pings      `json:"pings"`
	Process       Process    `json:"process"`
	Injection     *Injection `json:"injection,omitempty"` // absent when no faults are made
}

// Clients counts what is connected now.
type Clients struct {
	WebSocket      int `json:"websocket"`       // WebSocket subscribers
	EventStreams   int `json:"event_streams"`   // streams of server-sent events
	ParkedPolls    int `json:"parked_polls"`    // polls being held
	PublishStreams int `json:"publish_streams"` // publish streams
}

// Log sums over the logs of all topics.
type Log struct {
	Topics   int   `json:"topics"`
	Messages int   `json:"messages"` // held now
	Bytes    int64 `json:"bytes"`    // payload bytes held now
}

// Messages counts since the start. A delivery is one message to one subscriber,
// counted when it is handed to the connection.
type Messages struct {
	Published          uint64 `json:"published"`
	DeliveredWebSocket uint64 `json:"delivered_websocket"`
	DeliveredSSE       uint64 `json:"delivered_sse"`
	DeliveredPoll      uint64 `json:"delivered_poll"`
	Missed             uint64 `json:"missed"`               // deliveries lost because the log overflowed
	SlowClientsCutOff  uint64 `json:"slow_clients_cut_off"` // subscribers whose socket took nothing
}

// Pings counts since the start. Answered counts every pong, whether or not a ping asked for it.
type Pings struct {
	Sent     uint64 `json:"sent"`
	Answered uint64 `json:"answered"`
}

// Process is what the server's process uses.
type Process struct {
	CPUSeconds  *float64 `json:"cpu_seconds,omitempty"` // user and system, since the start
	RSSBytes    *int64   `json:"rss_bytes,omitempty"`   // resident memory
	HeapBytes   uint64   `json:"heap_bytes"`            // live and not yet swept objects
	SystemBytes uint64   `json:"system_bytes"`          // held by the Go runtime: mapped and not given back
	Goroutines  int      `json:"goroutines"`
}

// Injection says which faults are made and how many have been.
type Injection struct {
	Faults     string `json:"faults"` // as given to --inject
	Seed       uint64 `json:"seed"`
	Stalls     uint64 `json:"stalls"` // begun
	Dropped    uint64 `json:"dropped"`
	Duplicated uint64 `json:"duplicated"`
	Reordered  uint64 `json:"reordered"`
	Delayed    uint64 `json:"delayed"`
	Burned     uint64 `json:"cpu_burned"` // deliveries before which CPU was burnt
}
