package review

import (
	"time"

	"pushbench/report"
	"pushbench/scenarios"
)

// Review is everything a report says about one run, most important first.
type Review struct {
	// Title is that of the first scenario, and how many more there are.
	Title string
	Run   Identity
	// Sections are the run's scenarios in its order, each with its decision and map.
	Sections []Section
	// Claims are all claims of [Rules], in that order, judged over all scenarios of the run.
	Claims []Claim
	// Questions are those a person who must decide would still ask, with what the data answers.
	Questions []Question
	Integrity Integrity
	// Tables are the numbers: first the tables that the terminal prints, then the data of each chart. Names are unique within a Review.
	Tables []Table
}

// Identity is which run this is.
type Identity struct {
	ID      string
	Created time.Time
	Seed    uint64
	// Tool is the version that measured, Machine where, in a line each. Command repeats the run.
	Tool, Machine, Command string
	// Interrupted is set when the run was cut short.
	Interrupted bool
	// Loopback is set when clients and server were on one machine without an emulated network in every scenario.
	Loopback bool
	// Page leads to the run's own page from where it is named; empty where nobody knows.
	Page string
}

// Section is one scenario.
type Section struct {
	Name, Title, Question string
	// Workload is what was asked of the arms, in words.
	Workload string
	// Finding answers the question in a sentence; zero until [Review.Answer] was called.
	Finding  report.Finding
	Decision Decision
	// BreakEven is nil where the model has nothing to say: no WebSocket arm, no polling arm, or an echo.
	BreakEven *BreakEven
	// Findings are a sweep's crossovers in words; nil without a sweep.
	Findings []string
	// Notes explain the marks in the tables.
	Notes []string
}

// Decision is the card at the top: what the numbers say about moving from polling to WebSocket for this workload.
type Decision struct {
	// Headline is one sentence, no stronger than the numbers under it.
	Headline string
	// Pairs are the polling arms against WebSocket, the one people would move from first (long-poll with keep-alive where it was measured). Of a sweep
	// there are pairs for the axis's first and last value. Empty where there are not both.
	Pairs []Pair
	// Stay says when to stay with polling.
	Stay []string
	// NotMeasured is what could change the decision and was not part of this run.
	NotMeasured []string
	// Caveats are what must be known to quote the numbers: invalid arms, too few samples, loopback.
	Caveats []string
}

// Pair is a polling arm against WebSocket's of the same target and parameters, in the direction of the move: From polling To WebSocket.
type Pair struct {
	From, To ArmRef
	// At is the swept value the pair was measured at ("rate 200/s"); empty without a sweep.
	At    string
	Lines []Comparison
}

// ArmRef names an arm and finds its cell.
type ArmRef struct {
	Name      string
	Transport scenarios.Transport
	// Cell is the index in the run's cells.
	Cell    int
	Invalid bool
}

// Comparison is one quantity of a pair: absolute before relative.
type Comparison struct {
	// Metric is what is compared ("p99 latency"), Unit that in which Text is written.
	Metric, Unit string
	From, To     Value
	// Change is To − From, Factor is From ÷ To: how many times less a WebSocket takes.
	Change, Factor Value
	Verdict        Order
	// Basis says where the interval of Change is from.
	Basis Basis
	// Difference is the change with its interval in words ("−123 ± 6 ms"), Times the factor ("4.00× less"); each is empty where it is not known.
	Difference, Times string
	// Text is the line as it is read out: "p99 latency 164 → 41.0 ms (−123 ± 6 ms; 4.00× less)".
	Text string
	// Note is what must be said with it, such as that bytes are counted at the sockets.
	Note string
}

// Order is which side is told to be lower. Lower is better in every comparison.
type Order string

// The orders.
const (
	WebSocketLower Order = "WebSocket lower"
	PollingLower   Order = "polling lower"
	// Untold: the interval of the difference holds zero.
	Untold Order = "not told apart"
	// Unproven: there is no interval to tell by.
	Unproven Order = "no interval"
	// NotComparable: an arm is invalid or lacks the number.
	NotComparable Order = "not comparable"
)

// Basis is where an interval is from.
type Basis string

// The bases.
const (
	// FromSeconds: the 95 % intervals of both cells, from their one-second blocks, joined as for a difference of independent estimates.
	FromSeconds Basis = "95 % interval over seconds"
	// FromRounds: Student's t over the differences of rounds that had the same schedule.
	FromRounds Basis = "95 % interval over paired rounds"
	// NoInterval: too few seconds and rounds.
	NoInterval Basis = "no interval"
)

// Value is a number with how far to trust it.
type Value struct {
	// Number is in base units: nanoseconds, bytes, or a plain number. Low and High are the ends of its 95 % interval where Interval is set.
	Number, Low, High float64
	Interval          bool
	// Known is false for what was not measured or cannot be told; then Text is "n/a".
	Known bool
	// Rough is set when too few independent samples carry the number; then Text begins with "~".
	Rough bool
	// Text is the number as shown, without unit.
	Text string
}

// Claim is one claim about WebSockets and what this run says of it.
type Claim struct {
	// ID is stable and fit for an anchor. Claim is the claim's text, Rule the rule, fixed beforehand, by which it is judged.
	ID, Claim, Rule string
	// Truth is the plain truth where a claim is only half true. It stands first. Tally says on how many comparisons the verdict stands.
	Truth, Tally string
	// Measured is what was measured, in numbers; empty where nothing was.
	Measured string
	Verdict  ClaimVerdict
	// Turns is where it stops being true, with a number where there is one.
	Turns string
	// Evidence is one judgement for each scenario and polling arm that bears on the claim.
	Evidence []Evidence
	// Scenario names the scenarios that show it; of a claim not measured, what to run to measure it.
	Scenario string
	Note     string
}

// ClaimVerdict is the judgement on a claim.
type ClaimVerdict string

// The verdicts.
const (
	Confirmed ClaimVerdict = "confirmed"
	Refuted   ClaimVerdict = "refuted"
	// Depends: it holds in one place and not in another.
	Depends ClaimVerdict = "depends"
	// Undecided: measured, but the intervals do not exclude the rule's bound, or there are none.
	Undecided   ClaimVerdict = "undecided"
	NotMeasured ClaimVerdict = "not measured in this run"
)

// Evidence is what one arm of one scenario says of a claim.
type Evidence struct {
	Scenario, Arm string
	Holds         Holds
	Text          string
}

// Holds says whether a rule is met.
type Holds string

// The judgements of evidence.
const (
	Yes    Holds = "yes"
	No     Holds = "no"
	Unsure Holds = "undecided"
)

// BreakEven is the map of where a WebSocket pays: the model as surfaces over messages per client per minute × round-trip time, measured cells as dots.
type BreakEven struct {
	// Polling is the transport the surfaces are of.
	Polling ArmRef
	// Rates are messages per client per minute, RTTs round-trip times in milliseconds, both rising, evenly spaced on a logarithmic scale.
	Rates, RTTs []float64
	Surfaces    []Surface
	Dots        []Dot
	// Notes say what the model holds fixed and leaves out.
	Notes []string
}

// Surface is one ratio, polling ÷ WebSocket, over the grid.
type Surface struct {
	// Name is stable ("p99", "mean", "bytes"); Title says what it is.
	Name, Title string
	// Ratios are by RTT, then rate: Ratios[i][j] belongs to RTTs[i] and Rates[j]. Above 1 a WebSocket takes less.
	Ratios [][]float64
	// Regions are the same by band, for drawing.
	Regions []Region
	// Contours are lines of equal ratio.
	Contours []Contour
}

// Contour is where a surface takes a ratio.
type Contour struct {
	Ratio float64
	Text  string
	// Points are in the order of RTTs; an RTT at which no rate reaches the ratio has none.
	Points []Point
}

// Point is a place on the map.
type Point struct{ Rate, RTT float64 }

// Dot is a measured cell on the map.
type Dot struct {
	Point
	Arm ArmRef
	// Scenario and Label tell it apart: the scenario, the arm, and the swept values.
	Scenario, Label string
	// Measured holds the measured ratio for each surface by its name; unknown where it was not measured.
	Measured map[string]Value
	// Modelled is what the surface says at this very place.
	Modelled map[string]float64
	// This marks the workload of the section.
	This bool
	// Loopback: no delay was emulated, so that RTT is only where the map begins.
	Loopback bool
	Text     string
}

// Question is what somebody would ask in the meeting.
type Question struct {
	Question string
	// Answers are sentences with the numbers; empty if Answered is false.
	Answers  []string
	Answered bool
	// Missing is what to measure for an answer, or for a better one.
	Missing string
}

// Integrity is what the run itself is worth.
type Integrity struct {
	// Valid and Invalid count the cells.
	Valid, Invalid int
	Accounts       []Account
	Warnings       []Warning
	// Environment, Tool and the like as name and value, in reading order.
	Environment []Fact
	// Resolved are the scenarios as they were run, one YAML document each: several lines.
	Resolved []Resolved
	// Command repeats the run exactly.
	Command string
}

// Fact is a named value.
type Fact struct{ Name, Value string }

// Resolved is a scenario file as it was run.
type Resolved struct{ Name, YAML string }
