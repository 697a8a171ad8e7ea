package results

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Metric names a measured quantity that has a histogram.
type Metric string

// The metrics. All are in nanoseconds but Overhead and UplinkOverhead, which are in bytes.
const (
	Latency   Metric = "latency"
	Service   Metric = "service"
	Lag       Metric = "lag"
	SendDelay Metric = "send_delay"
	Connect   Metric = "connect"
	First     Metric = "first_receiver"
	Last      Metric = "last_receiver"
	Skew      Metric = "skew"
	Overhead  Metric = "overhead_bytes"
	// Reconnect, Replay and Recovery have a sample for each client that an outage cut; see [Recovery].
	Reconnect     Metric = "reconnect"
	Replay        Metric = "replay"
	RecoveryTotal Metric = "recovery"
	// Join has a sample for each client that came in the steady phase; see [Attendance].
	Join Metric = "join"
	// UplinkLatency and UplinkOverhead are of what clients send to the application.
	UplinkLatency  Metric = "uplink_latency"
	UplinkOverhead Metric = "uplink_overhead_bytes"
	// SlowLatency is the latency at clients that read slowly, which are not in Latency.
	SlowLatency Metric = "slow_latency"
	// WarmupLatency is the latency of the warm-up's messages. It enters no summary; a chart over time shows it, shaded.
	WarmupLatency Metric = "warmup_latency"
)

// Metrics lists every metric in the order they are written, those of a mix's transports last.
var Metrics = append([]Metric{
	Latency, Service, Lag, SendDelay, Connect, First, Last, Skew, Overhead, UplinkLatency, UplinkOverhead, SlowLatency,
	Reconnect, Replay, RecoveryTotal, Join, WarmupLatency,
}, allPartMetrics()...)

// The range and precision of every histogram: from 1 to 10 minutes in nanoseconds (or as many bytes) at three significant digits, 246 KB each.
const (
	HistogramMin    = 1
	HistogramMax    = int64(10 * time.Minute)
	HistogramDigits = 3
)

// NewHistogram returns an empty histogram of the range all metrics share, so that any two can be merged without loss.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(HistogramMin, HistogramMax, HistogramDigits)
}

// SliceWidth is the length of one interval of a round's histograms.
const SliceWidth = time.Second

// Slice is the histogram of one interval of a round, encoded: a decoded one takes 246 KB, an encoded one about one. Start and End count from the
// instant the round's schedule counts from; the slice of the ramp (connects) is negative.
type Slice struct {
	Start time.Duration `json:"start_ns"`
	End   time.Duration `json:"end_ns"`
	// HDR is HdrHistogram's V2 compressed encoding as base64 text ("HISTFAAA…"), exactly what the last field of a .hlog line carries. The library's
	// Encode already returns that text, so this is a string: as []byte encoding/json would put a second base64 around it.
	HDR string `json:"hdr"`
}

// Histograms are a round's: for each metric its slices in order of time, empty ones left out. Only steady-phase samples are in them,
// but for Connect, which is the ramp's, and WarmupLatency. A sample's slice is that of its *intended* instant, so that a stall stays with the messages it hit.
type Histograms map[Metric][]Slice

// NewSlice encodes h as the interval from start to end.
func NewSlice(start, end time.Duration, h *hdrhistogram.Histogram) (Slice, error) {
	encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return Slice{}, fmt.Errorf("encode histogram of %v to %v: %w", start, end, err)
	}
	return Slice{start, end, string(encoded)}, nil
}

// Decode returns the slice's histogram. One of another range or precision than [NewHistogram]'s is refused, because it would merge with loss.
func (s Slice) Decode() (*hdrhistogram.Histogram, error) {
	h, err := hdrhistogram.Decode([]byte(s.HDR))
	if err != nil {
		return nil, fmt.Errorf("decode histogram of %v to %v: %w", s.Start, s.End, err)
	}
	if h.LowestTrackableValue() != HistogramMin || h.HighestTrackableValue() != HistogramMax || h.SignificantFigures() != HistogramDigits {
		return nil, fmt.Errorf("decode histogram of %v to %v: it ranges from %d to %d at %d digits, want %d to %d at %d: it was not written by pushbench",
			s.Start, s.End, h.LowestTrackableValue(), h.HighestTrackableValue(), h.SignificantFigures(), HistogramMin, HistogramMax, HistogramDigits)
	}
	return h, nil
}
