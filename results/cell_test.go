package results

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// drawnRounds are one to three rounds of up to three seconds.
func drawnRounds(t *rapid.T) (rounds []RoundData, all []int64) {
	row := rapid.SliceOfN(rapid.Int64Range(1, HistogramMax), 0, 4)
	drawn := rapid.SliceOfN(rapid.SliceOfN(row, 1, 3), 1, 3).Draw(t, "rounds")
	for i, rows := range drawn {
		rounds = append(rounds, round(t, i, rows))
		all = append(all, slices.Concat(rows...)...)
	}
	return rounds, all
}

func TestMergingEqualsRecordingAllAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds, all := drawnRounds(t)
		got := newCell(t, rounds...).Latency
		want := Summarise(histogram(t, all...), int64(len(all)))
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Summary{}, "CI")); diff != "" {
			t.Fatalf("-at once +merged:\n%s", diff)
		}
	})
}

func TestOrderOfRoundsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds, _ := drawnRounds(t)
		want := newCell(t, rounds...)
		got := newCell(t, rapid.Permutation(rounds).Draw(t, "order")...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-in order +shuffled:\n%s", diff)
		}
	})
}

func TestMergingKeepsAccounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds, _ := drawnRounds(t)
		var expected, sent, messages int64
		for _, r := range rounds {
			if err := CheckAccounting(r.Round.Measured); err != nil {
				t.Fatal(err)
			}
			expected += r.Round.Delivery.Expected
			sent += r.Round.Wire.SentBytes
			messages += r.Round.Wire.SteadyMessages
		}
		c := newCell(t, rounds...)
		if err := CheckAccounting(c.Measured); err != nil {
			t.Fatal(err)
		}
		if c.Delivery.Expected != expected || c.Wire.SentBytes != sent || c.Delivery.Errors["reset"] != int64(len(rounds)) || c.Verdict != Valid {
			t.Fatalf("expected %d, sent %d, errors %v, %s", c.Delivery.Expected, c.Wire.SentBytes, c.Delivery.Errors, c.Verdict)
		}
		if messages > 0 && (*c.Wire.MessagesPerResponse != 1 || *c.Wire.RequestsPerMessage != 2) {
			t.Fatalf("%v messages per response, %v requests per message", *c.Wire.MessagesPerResponse, *c.Wire.RequestsPerMessage)
		}
	})
}

func TestCellOfOneRoundEqualsTheRound(t *testing.T) {
	r := round(t, 0, [][]int64{{1e6, 2e6}, {3e6}, {4e6}, {5e6, 6e6}, {7e6}, {8e6}})
	r.Round.Server = &Server{CPU: ptr(int64(8e6)), CPUPerMessage: ptr(1e6), CPUShare: ptr(0.5), RSSIdle: ptr(int64(100)), RSSPeak: ptr(int64(300)), Cores: 1}
	if diff := cmp.Diff(r.Round.Measured, newCell(t, r).Measured); diff != "" {
		t.Errorf("-round +cell:\n%s", diff)
	}
}

func ptr[T any](v T) *T { return &v }

func TestNewCellRefuses(t *testing.T) {
	damaged := round(t, 0, [][]int64{{1}})
	damaged.Histograms[Latency][0].HDR = "HISTFAAA"
	tests := []struct {
		name   string
		rounds []RoundData
		want   string
	}{
		{"no rounds", nil, "no rounds"},
		{"an index twice", []RoundData{round(t, 1, nil), round(t, 0, nil), round(t, 1, nil)}, "two rounds have the index 1"},
		{"a damaged histogram", []RoundData{damaged}, "merge latency of 1 rounds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewCell(template, tt.rounds)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "default/websocket") {
				t.Errorf("error %v, want %q and the cell's name", err, tt.want)
			}
		})
	}
}

// Process costs are merged by hand: 10 s of one round weigh twice the 5 s of the other.
func TestMergeServer(t *testing.T) {
	a, b := round(t, 0, make([][]int64, 10)), round(t, 1, [][]int64{{1}, {1}, {1, 1}, {1}, {1}})
	a.Round.Server = &Server{CPU: ptr(int64(6e6)), CPUShare: ptr(0.2), RSSIdle: ptr(int64(100)), RSSPeak: ptr(int64(900)), RSSPerClient: ptr(8.0), Cores: 1}
	b.Round.Server = &Server{CPU: ptr(int64(6e6)), CPUShare: ptr(0.8), RSSIdle: ptr(int64(201)), RSSPeak: ptr(int64(300)), Cores: 1}
	got := newCell(t, a, b).Server
	want := &Server{CPU: ptr(int64(12e6)), CPUPerMessage: ptr(2e6), CPUShare: ptr(0.4), RSSIdle: ptr(int64(151)), RSSPeak: ptr(int64(900)), Cores: 1}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("-want +got (rss_bytes_per_client is absent in one round, so in both):\n%s", diff)
	}
	b.Round.Server = nil
	if got := newCell(t, a, b).Server; got != nil {
		t.Errorf("a round has no server figures, yet the cell has %+v", got)
	}
}

func TestMessagesPerResponseWeighsByResponses(t *testing.T) {
	a, b := round(t, 0, [][]int64{{1, 1, 1, 1, 1, 1}}), round(t, 1, [][]int64{{1, 1}})
	a.Round.Wire.MessagesPerResponse = ptr(3.0) // 6 messages in 2 responses
	b.Round.Wire.MessagesPerResponse = ptr(1.0) // 2 in 2
	if got := newCell(t, a, b).Wire.MessagesPerResponse; got == nil || *got != 2 {
		t.Errorf("got %v, want 8 ÷ 4", got)
	}
	b.Round.Wire.MessagesPerResponse = nil
	if got := newCell(t, a, b).Wire.MessagesPerResponse; got != nil {
		t.Errorf("got %v although a round with messages lacks it", *got)
	}
}

// Parts are summed; those that one of the rounds lacks are n/a, because a sum over one of two would look like one over both.
func TestPartsOfTheOverhead(t *testing.T) {
	a, b := parted(round(t, 0, [][]int64{{1, 2}})), parted(round(t, 1, [][]int64{{1}}))
	if c := newCell(t, a, b); *c.Wire.OverheadParts != (OverheadParts{Framing: 3, Headers: 18, TLS: 6, EmptyPolls: 3}) || c.Verdict != Valid {
		t.Errorf("parts %+v, %s", c.Wire.OverheadParts, c.Verdict)
	}
	b.Round.Wire.OverheadParts = nil
	if c := newCell(t, a, b); c.Wire.OverheadParts != nil || c.Verdict != Valid {
		t.Errorf("parts %+v, %s", c.Wire.OverheadParts, c.Verdict)
	}
}

func TestVerdictAndWarnings(t *testing.T) {
	rounds := []RoundData{round(t, 0, [][]int64{{1}}), round(t, 1, [][]int64{{1}}), round(t, 2, [][]int64{{1}})}
	rounds[0].Round.Warnings = []Warning{{Code: "steadiness", Text: "not steady"}}
	rounds[2].Round.Warnings = []Warning{{Code: "lag", Text: "lag p99 2 ms", Invalidates: true}, {Code: "steadiness", Text: "not steady"}}
	c := newCell(t, rounds...)
	want := []Warning{{Code: "steadiness", Text: "not steady (in 2 of 3 rounds)"}, {Code: "lag", Text: "lag p99 2 ms (in 1 of 3 rounds)", Invalidates: true}}
	if diff := cmp.Diff(want, c.Warnings); diff != "" || c.Verdict != Invalid {
		t.Errorf("%s, warnings -want +got:\n%s", c.Verdict, diff)
	}
	if rounds[0].Round.Warnings[0].Text != "not steady" {
		t.Error("the round's own warning was changed")
	}
}

func TestInvalidRoundMakesCellInvalid(t *testing.T) {
	a, b := round(t, 0, [][]int64{{1}}), round(t, 1, [][]int64{{1}})
	b.Round.Verdict = Invalid
	if c := newCell(t, a, b); c.Verdict != Invalid {
		t.Error("an invalid round is in a valid cell")
	}
}

func TestRoundsUnderOtherConditionsInvalidate(t *testing.T) {
	a, b := round(t, 0, [][]int64{{1}}), round(t, 1, [][]int64{{1}})
	b.Round.Generator.Client = "library"
	c := newCell(t, a, b)
	if c.Verdict != Invalid || len(c.Warnings) != 1 || c.Warnings[0].Code != WarnRoundsDiffer {
		t.Errorf("%s with %v", c.Verdict, c.Warnings)
	}
}

func TestRoundsOfDifferentHTTPLibrariesAreNotMerged(t *testing.T) {
	a, b := round(t, 0, [][]int64{{1}}), round(t, 1, [][]int64{{1}})
	a.Round.Server, b.Round.Server = &Server{HTTP: "fast"}, &Server{HTTP: "fast"}
	if c := newCell(t, a, b); c.Verdict != Valid || c.Server.HTTP != "fast" {
		t.Errorf("alike: %s with %v, %+v", c.Verdict, c.Warnings, c.Server)
	}
	b.Round.Server = &Server{HTTP: "net"}
	if c := newCell(t, a, b); c.Verdict != Invalid || len(c.Warnings) != 1 || c.Warnings[0].Code != WarnRoundsDiffer {
		t.Errorf("different: %s with %v", c.Verdict, c.Warnings)
	}
}

func TestScheduleDigest(t *testing.T) {
	a, b := round(t, 0, [][]int64{{1}}), round(t, 1, [][]int64{{2}})
	same := newCell(t, b, a).ScheduleDigest
	if got := newCell(t, a, b).ScheduleDigest; got != same || len(got) != 64 {
		t.Errorf("digest %q, in other order %q", got, same)
	}
	b.Round.ScheduleDigest = "another"
	if newCell(t, a, b).ScheduleDigest == same {
		t.Error("another schedule has the same digest")
	}
	b.Round.ScheduleDigest = ""
	if got := newCell(t, a, b).ScheduleDigest; got != "" {
		t.Errorf("a round has no digest, the cell %q", got)
	}
}

func TestCheckAccounting(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Measured)
		want  string // "" for no error
	}{
		{"adds up", func(*Measured) {}, ""},
		{"a message vanished", func(m *Measured) { m.Delivery.Expected++ }, "expected 6 messages, but delivered 2 + missed 3 + undelivered 0 = 5 (-1)"},
		{"negative", func(m *Measured) { m.Delivery.Missed = -1 }, "negative count"},
		{"a byte too many", func(m *Measured) { m.Wire.TailBytes++ }, "tail 51 = 577 (+1)"},
		{"a byte of overhead that went nowhere", func(m *Measured) { m.Wire.OverheadParts.TLS-- }, "20 bytes of overhead, but framing 2 + headers 12 + TLS 3 + empty polls 2 = 19 (-1)"},
		{"a negative part", func(m *Measured) { m.Wire.OverheadParts.TLS, m.Wire.OverheadParts.Framing = -1, 7 }, "20 bytes of overhead"},
		{"parts that nobody told", func(m *Measured) { m.Wire.OverheadParts = nil }, ""},
		{"overhead sample lost", func(m *Measured) { m.Wire.Overhead.Count-- }, "2 messages delivered and 0 undelivered, but the overhead histogram holds 1 samples, with 0 unrecorded"},
		{"no overhead", func(m *Measured) { m.Wire.Overhead = nil }, "overhead histogram holds 0"},
		{"latency sample lost", func(m *Measured) { m.Latency.Count-- }, "latency histogram"},
		{"a message still awaited has a latency", func(m *Measured) { m.Delivery.Missed--; m.Delivery.Undelivered++ }, "latency histogram"},
		{"unrecorded explains it", func(m *Measured) { m.Latency.Count--; m.Generator.Unrecorded = 1 }, ""},
		{"unrecorded explains no surplus", func(m *Measured) { m.Latency.Count++; m.Generator.Unrecorded = 1 }, "latency histogram"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := parted(round(t, 0, [][]int64{{1, 2}})).Round.Measured
			tt.spoil(&m)
			err := CheckAccounting(m)
			if tt.want == "" {
				if err != nil {
					t.Errorf("unexpected %v", err)
				}
				return
			}
			if !errors.Is(err, ErrAccounting) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFailedAccountingInvalidatesTheCell(t *testing.T) {
	r := round(t, 0, [][]int64{{1, 2}})
	r.Round.Delivery.Expected++
	c := newCell(t, r)
	if c.Verdict != Invalid || c.Warnings[0].Code != WarnAccounting {
		t.Errorf("%s with %v", c.Verdict, c.Warnings)
	}
}
