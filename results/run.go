package results

import (
	"time"

	"pushbench/scenarios"
)

// Schema is the version of the run file. New fields may be added under the same number; a meaning never changes.
const Schema = 1

// Run is one invocation's result: the contents of run.json.
type Run struct {
	Schema      int                  `json:"schema"`
	ID          string               `json:"id"`
	Created     time.Time            `json:"created"`
	Tool        Tool                 `json:"tool"`
	Environment Environment          `json:"environment"`
	Seed        uint64               `json:"seed"`
	Scenarios   []scenarios.Scenario `json:"scenarios"`
	// Command repeats the run; secrets never stand in it.
	Command  string    `json:"command"`
	Warnings []Warning `json:"warnings,omitempty"`
	// Interrupted is true when the run was cut short: its cells hold the rounds that were finished.
	Interrupted bool   `json:"interrupted,omitempty"`
	Cells       []Cell `json:"cells"`
	// Thresholds is what became of the scenarios' rules, one result for each rule and cell it is about.
	Thresholds []ThresholdResult `json:"thresholds,omitempty"`
}

// Tool identifies the pushbench that made a run.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
}

// Verdict says whether a measurement may be quoted.
type Verdict string

// The verdicts. A slow or stopped server is a valid result; a generator that could not keep up is not.
const (
	Valid   Verdict = "valid"
	Invalid Verdict = "invalid"
)

// Warning is something the reader of a number must know. It travels with the number.
type Warning struct {
	// Code is stable and machine-readable, such as "lag" or "unrecorded".
	Code string `json:"code"`
	// Text says what happened and what to do.
	Text string `json:"text"`
	// Invalidates is true for a warning that makes its cell invalid.
	Invalidates bool `json:"invalidates,omitempty"`
}

// Cell is scenario × arm: the merge of its rounds.
type Cell struct {
	Scenario       string              `json:"scenario"`
	Transport      scenarios.Transport `json:"transport"`
	Target         string              `json:"target"`
	Params         map[string]string   `json:"params,omitempty"`
	Clients        int                 `json:"clients"`
	Verdict        Verdict             `json:"verdict"`
	Warnings       []Warning           `json:"warnings,omitempty"`
	ScheduleDigest string              `json:"schedule_digest"`
	Measured
	Rounds []Round `json:"rounds"`
	// SpoiledRounds are those that were measured again, as they were; nothing of them is in the cell's figures. The round of the same index in Rounds took the place.
	SpoiledRounds []Round `json:"spoiled_rounds,omitempty"`
}

// Round is one timed repetition of a cell.
type Round struct {
	// Index counts the repetitions of the cell from 0; Order is the place among all rounds of the run as executed.
	Index int `json:"index"`
	Order int `json:"order"`
	// Started is the wall clock at the instant the schedule, and with it every other time of the round, counts from: the end of the ramp.
	Started        time.Time `json:"started"`
	Verdict        Verdict   `json:"verdict"`
	Warnings       []Warning `json:"warnings,omitempty"`
	ScheduleDigest string    `json:"schedule_digest"`
	Phases         []Phase   `json:"phases,omitempty"`
	Measured
}

// Phase is when a phase of a round took place, relative to the instant the schedule counts from.
// The ramp, which comes before it, has negative times.
type Phase struct {
	Name  string        `json:"name"`
	Start time.Duration `json:"start_ns"`
	End   time.Duration `json:"end_ns"`
}

// Measured are the blocks that a round and a cell share.
type Measured struct {
	// Latency counts from the intended instant to the received one; a message still awaited when the round ended is in it with the time it had been
	// waited for. Service counts from the sent instant, of delivered messages only.
	Latency *Summary `json:"latency_ns,omitempty"`
	Service *Summary `json:"service_ns,omitempty"`
	// Lag is the pacer's release − intended (the generator's fault); SendDelay is sent − release (the server's or the path's).
	Lag       *Summary `json:"lag_ns,omitempty"`
	SendDelay *Summary `json:"send_delay_ns,omitempty"`
	// Connect is from the dial to a session that receives.
	Connect *Summary `json:"connect_ns,omitempty"`
	// First and Last are, for each message to several clients, the latency of the first and of the last receiver; Skew is their difference.
	First *Summary `json:"first_receiver_ns,omitempty"`
	Last  *Summary `json:"last_receiver_ns,omitempty"`
	Skew  *Summary `json:"skew_ns,omitempty"`

	// Opening is what it took to open the clients' sessions. Absent in files made before it was measured.
	Opening *Opening `json:"opening,omitempty"`

	Delivery Delivery `json:"delivery"`
	// Sessions is what became of the clients' sessions, where clients come back.
	Sessions *Sessions `json:"sessions,omitempty"`
	// Recovery is the way back from an outage, in a scenario that has one.
	Recovery *Recovery `json:"recovery,omitempty"`
	// Attendance is what became of clients that leave and come by plan, in a scenario that has such a plan.
	Attendance *Attendance `json:"attendance,omitempty"`
	// Stages are the parts of a steady phase whose load changes.
	Stages []Stage `json:"stages,omitempty"`
	Wire   Wire    `json:"wire"`
	// Uplink is what the clients sent to the application; absent where they send it nothing.
	Uplink *Uplink `json:"uplink,omitempty"`
	// Upkeep is what the sessions cost in the steady phase, whether or not anything was delivered. Absent where the phase was cut short, and in files made
	// before it was measured.
	Upkeep *Upkeep `json:"upkeep,omitempty"`
	// ByTransport is what the clients of a mix received, by what they use; absent where all use the same.
	ByTransport []TransportPart `json:"by_transport,omitempty"`
	// Slow is what the clients received that were made to read slowly; absent without any.
	Slow      *SlowReaders `json:"slow,omitempty"`
	Server    *Server      `json:"server,omitempty"`
	Generator Generator    `json:"generator"`
}

// BytesPerMessage is what a message to a client took at its socket, itself included; ok is false where none came.
func (m *Measured) BytesPerMessage() (bytes float64, ok bool) {
	if m.Wire.SteadyMessages <= 0 {
		return 0, false
	}
	all := m.Wire.PayloadBytes + m.Wire.OverheadBytes
	if up := m.Uplink; up != nil {
		all -= up.PayloadBytes + up.OverheadBytes
	}
	return float64(all) / float64(m.Wire.SteadyMessages), true
}

// Summary is the cache of one histogram. The unit stands in the key that holds it.
type Summary struct {
	Count int64 `json:"count"`
	// Independent is how many independent observations stand behind Count: publishes where a message has several receivers, deliveries otherwise.
	Independent int64   `json:"n_independent"`
	Min         int64   `json:"min"`
	Mean        float64 `json:"mean"`
	StdDev      float64 `json:"stddev"`
	P50         int64   `json:"p50"`
	P75         int64   `json:"p75"`
	P90         int64   `json:"p90"`
	P99         int64   `json:"p99"`
	P999        int64   `json:"p999"`
	P9999       int64   `json:"p9999"`
	Max         int64   `json:"max"`
	// CI holds 95 % confidence intervals by percentile key ("p50", "p99", …), absent where there were too few blocks to tell.
	CI map[string]Interval95 `json:"ci,omitempty"`
}

// Interval95 is a 95 % confidence interval [lo, hi] in the unit of its summary.
type Interval95 [2]int64

// Delivery accounts for every message of the steady phase, once for each client that had to receive it.
//
//	Expected = Delivered + Missed + Undelivered, exactly
type Delivery struct {
	// Offered is how many publishes the schedule placed; Published how many were sent.
	Offered   int64 `json:"offered"`
	Published int64 `json:"published"`
	// Expected is the sum over clients of the published messages between its join and its leave.
	Expected  int64 `json:"expected"`
	Delivered int64 `json:"delivered"`
	// Missed messages were passed over: the client received a later one of the topic. Undelivered ones were still awaited when the drain ended, also
	// those at a topic's end that the server said were lost.
	Missed      int64 `json:"missed"`
	Undelivered int64 `json:"undelivered"`
	// Duplicated deliveries are counted outside Delivered, Reordered ones inside it.
	Duplicated int64 `json:"duplicated"`
	Reordered  int64 `json:"reordered"`
	// Announced is how many losses the server itself told its clients of, all phases.
	Announced int64 `json:"announced_missed"`
	// Foreign counts frames or bodies that carried no stamp of this round.
	Foreign int64 `json:"foreign"`
	// Errors counts what went wrong on clients' connections, by kind.
	Errors map[string]int64 `json:"errors,omitempty"`
}

// SlowReaders are the clients that were made to read slowly (slow.share). Their messages are in no other block but Wire, whose bytes and overhead are
// everybody's; Delivery and Latency are those of everyone else.
//
//	Expected = Delivered + Missed + Undelivered, exactly
type SlowReaders struct {
	Clients int64 `json:"clients"`
	// The counts are as those of [Delivery]. Announced is how many losses the server told them of, all phases.
	Expected    int64 `json:"expected"`
	Delivered   int64 `json:"delivered"`
	Missed      int64 `json:"missed"`
	Undelivered int64 `json:"undelivered"`
	Duplicated  int64 `json:"duplicated"`
	Announced   int64 `json:"announced_missed"`
	// CutOff is how many of their sessions ended before the round did: the server has given them up.
	CutOff int64 `json:"cut_off"`
	// Latency is theirs, as [Measured].Latency is that of the others.
	Latency *Summary `json:"latency_ns,omitempty"`
}

// Delivery is what the books have in common with those of everyone else.
func (s *SlowReaders) Delivery() Delivery {
	return Delivery{
		Expected: s.Expected, Delivered: s.Delivered, Missed: s.Missed, Undelivered: s.Undelivered, Duplicated: s.Duplicated, Announced: s.Announced,
	}
}

// Uplink is what clients sent to the application beside the server on their own transports (duplex). What they received meanwhile stands outside it. Bytes
// and requests of sending are in [Wire] as all that passed the clients' sockets; here is which part of its steady phase they are.
type Uplink struct {
	// Latency counts from the intended instant to the one at which the application had the message; one still awaited when the round ended is in it with
	// the time it had been waited for.
	Latency *Summary `json:"latency_ns,omitempty"`
	// Overhead is what sending a message took at the client's sockets, both ways, beyond its payload.
	Overhead *Summary `json:"overhead_bytes_per_message,omitempty"`
	Delivery Delivery `json:"delivery"`
	// PayloadBytes and OverheadBytes are those of [Wire] that were spent on messages which the application received.
	PayloadBytes  int64 `json:"payload_bytes"`
	OverheadBytes int64 `json:"overhead_bytes"`
	// SteadyRequests are the posts behind those messages; Wire.SteadyRequests does not hold them.
	SteadyRequests int64 `json:"steady_requests"`
}

// Wire accounts for bytes at the clients' sockets over the whole session, from the dial to the end of the drain. The parts sum exactly:
//
//	SentBytes + ReceivedBytes = HandshakeBytes + WarmupBytes + PayloadBytes + OverheadBytes + TailBytes
type Wire struct {
	SentBytes     int64 `json:"sent_bytes"`
	ReceivedBytes int64 `json:"received_bytes"`
	// HandshakeBytes opened sessions: upgrade, TLS, the first poll that fetches a cursor.
	HandshakeBytes int64 `json:"handshake_bytes"`
	// WarmupBytes led to deliveries of the warm-up, their payload included.
	WarmupBytes int64 `json:"warmup_bytes"`
	// PayloadBytes were delivered in the steady phase (and sent, by clients whose message arrived: came back to them, or reached the application). Where the server
	// compresses it is what the messages took on the wire, compressed, with what stood between those of one answer.
	PayloadBytes int64 `json:"payload_bytes"`
	// Unpacked is what the same messages measure. Absent where nothing is compressed.
	Unpacked *int64 `json:"unpacked_payload_bytes,omitempty"`
	// OverheadBytes are what was spent on deliveries of the steady phase beyond their payload; the sum of the histogram, and of the uplink's if there is
	// one, up to their rounding.
	OverheadBytes int64 `json:"overhead_bytes"`
	// TailBytes came after a client's last delivery: unfinished polls, closing frames.
	TailBytes int64 `json:"tail_bytes"`

	// Connections, Requests, Responses and EmptyResponses count the whole session.
	Connections    int64 `json:"connections"`
	Requests       int64 `json:"requests"`
	Responses      int64 `json:"responses"`
	EmptyResponses int64 `json:"empty_responses"`
	// SteadyRequests, SteadyResponses and SteadyEmpty are those spent on deliveries of the steady phase.
	SteadyRequests  int64 `json:"steady_requests"`
	SteadyResponses int64 `json:"steady_responses"`
	SteadyEmpty     int64 `json:"steady_empty_responses"`
	SteadyMessages  int64 `json:"steady_messages"`
	// MessagesPerResponse is over responses that carried any; for WebSocket, over reads of the socket. Absent without deliveries.
	MessagesPerResponse *float64 `json:"messages_per_response,omitempty"`
	// RequestsPerMessage counts polls and posts, the upgrade not among them.
	RequestsPerMessage *float64 `json:"requests_per_message,omitempty"`

	Overhead *Summary `json:"overhead_bytes_per_message,omitempty"`
	// OverheadParts is what OverheadBytes went into. Absent where the clients could not tell, and in files made before they could.
	OverheadParts *OverheadParts `json:"overhead_parts,omitempty"`
	// ModelledIP is what the same bytes would take with IPv4 and TCP headers in segments of 1448 bytes; loopback has no such segments, so this is computed.
	ModelledIP *int64 `json:"modelled_ip_bytes,omitempty"`
}

// OverheadParts are what the overhead of the steady phase went into. They sum exactly to [Wire.OverheadBytes].
type OverheadParts struct {
	// Framing is what bodies and WebSocket frames hold beyond the messages: frame headers, masks and control frames, the lengths between the messages of an
	// answer; and what came that was no delivery, such as a message twice.
	Framing int64 `json:"framing_bytes"`
	// Headers are the HTTP heads of requests and of answers that brought messages.
	Headers int64 `json:"header_bytes"`
	// TLS is what records take beyond what is inside them, session tickets and alerts included, of what brought messages; the handshake stands apart.
	TLS int64 `json:"tls_bytes"`
	// EmptyPolls are the whole exchanges that brought nothing, their heads and TLS records included.
	EmptyPolls int64 `json:"empty_poll_bytes"`
}

// Sum is the overhead.
func (p OverheadParts) Sum() int64 { return p.Framing + p.Headers + p.TLS + p.EmptyPolls }

// Add returns the sum of both, part by part.
func (p OverheadParts) Add(o OverheadParts) OverheadParts {
	return OverheadParts{Framing: p.Framing + o.Framing, Headers: p.Headers + o.Headers, TLS: p.TLS + o.TLS, EmptyPolls: p.EmptyPolls + o.EmptyPolls}
}

// The values of [Server.HTTP].
const (
	HTTPNet  = "net"
	HTTPFast = "fast"
)

// Server is what the server process cost. Absent fields could not be read (a remote server, a platform without /proc).
type Server struct {
	// CPU is the steady phase's, from the process CPU clock.
	CPU           *int64   `json:"cpu_ns,omitempty"`
	CPUPerMessage *float64 `json:"cpu_ns_per_message,omitempty"`
	// CPUShare is CPU ÷ (steady time × cores the server may use: those it is bound to, or fewer if it runs on fewer at once).
	CPUShare     *float64 `json:"cpu_share,omitempty"`
	RSSIdle      *int64   `json:"rss_bytes_idle,omitempty"`
	RSSPeak      *int64   `json:"rss_bytes_peak,omitempty"`
	RSSPerClient *float64 `json:"rss_bytes_per_client,omitempty"`
	Cores        int      `json:"cores,omitempty"`
	// Counted names the processes, each with all below it, and the control groups whose costs these are. Absent for a server that pushbench started, and in files
	// made before it was recorded.
	Counted []string `json:"counted,omitempty"`
	// Procs is on how many processors at once its Go code ran (GOMAXPROCS). Absent for any other server, and in files made before it was recorded.
	Procs int `json:"procs,omitempty"`
	// HTTP is the library that the reference server answered requests with: net (net/http) or fast (fasthttp). Absent for any other server, and
	// in files of a version that had net/http only.
	HTTP string `json:"http,omitempty"`
	// Injected names the faults the server was told to produce.
	Injected string `json:"injected,omitempty"`
	// InjectedCounts are the faults the server says it made, in all phases. Absent for a server that cannot be asked.
	InjectedCounts *InjectedCounts `json:"injected_counts,omitempty"`
}

// InjectedCounts are the faults a server made on purpose. All but the stalls count deliveries: one message to one client.
type InjectedCounts struct {
	Dropped    int64 `json:"dropped"`
	Duplicated int64 `json:"duplicated"`
	Reordered  int64 `json:"reordered"`
	Delayed    int64 `json:"delayed"`
	Stalls     int64 `json:"stalls"`
}

// Generator is what the load generator cost and whether it kept its schedule.
type Generator struct {
	Client        string   `json:"client"`
	CPU           *int64   `json:"cpu_ns,omitempty"`
	CPUPerMessage *float64 `json:"cpu_ns_per_message,omitempty"`
	CPUShare      *float64 `json:"cpu_share,omitempty"`
	RSSIdle       *int64   `json:"rss_bytes_idle,omitempty"`
	RSSPeak       *int64   `json:"rss_bytes_peak,omitempty"`
	RSSPerClient  *float64 `json:"rss_bytes_per_client,omitempty"`
	Cores         int      `json:"cores"`
	OfferedRate   float64  `json:"offered_rate"`
	AchievedRate  float64  `json:"achieved_rate"`
	// SchedLatencyP99 is how long the Go runtime kept runnable goroutines waiting, steady phase.
	SchedLatencyP99 *int64 `json:"sched_latency_ns_p99,omitempty"`
	// NetworkLateP50, P99 and Max are how late the emulated network moved bytes against the instants they were due in the steady phase: its own
	// error. P50 and P99 are at most an eighth too large. Absent without emulation.
	NetworkLateP50 *int64 `json:"network_late_ns_p50,omitempty"`
	NetworkLateP99 *int64 `json:"network_late_ns_p99,omitempty"`
	NetworkLateMax *int64 `json:"network_late_ns_max,omitempty"`
	// GCPause is the sum of stop-the-world pauses in the steady phase.
	GCCycles int64  `json:"gc_cycles"`
	GCPause  *int64 `json:"gc_pause_ns,omitempty"`
	// Unrecorded counts samples that fell outside a histogram's range; any makes the cell invalid.
	Unrecorded int64 `json:"unrecorded"`
	// Pacer names what the pacer waits with, such as "timerfd".
	Pacer string `json:"pacer"`
}
