package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Threshold is a rule that a run must keep, such as `websocket: p(99)<50ms`: parsed, and not yet held against anything.
//
// A rule is written
//
//	[transport] [{param=value …}] : [metric :] statistic op value
//
// where everything before the statistic may be left out. Without a transport it binds every arm of its scenario, with parameters only the arms of
// a sweep that have those values. The metric is latency unless it says another; counts and costs have no statistic and stand by themselves, as in
// `missed==0` or `longpoll: server_cpu<60us`.
type Threshold struct {
	// Text is the rule as it was written.
	Text      string
	Transport Transport         // empty: every transport
	Params    map[string]string // swept parameters by path, written as Parameter.Get does; nil: every point of a sweep
	Metric    string            // one of ThresholdMetrics
	Statistic Statistic         // of a metric with a distribution; zero for counts and costs
	Op        string            // one of < <= > >= == !=
	// Limit is in Unit: nanoseconds, bytes, percent, or a plain number.
	Limit float64
	Unit  Unit
}

// Unit is what a rule's limit, and what is measured for it, are counted in.
type Unit string

// The units of limits.
const (
	UnitNanoseconds Unit = "ns"
	UnitBytes       Unit = "bytes"
	UnitMessages    Unit = "messages"
	UnitPercent     Unit = "percent"
	UnitNumber      Unit = "number"
)

// Statistic is what a rule takes of a distribution: "p" with a Percentile, or a word.
type Statistic struct {
	Name       string  // one of avg, min, med, max, p
	Percentile float64 // of p: between 0 and 100
}

// ThresholdMetric is a quantity that rules can bind.
type ThresholdMetric struct {
	Name string
	Unit Unit
	// Distribution is true where a statistic must be chosen; all others are one number for each arm.
	Distribution bool
}

// DefaultThresholdMetric is what a rule without a metric is about.
const DefaultThresholdMetric = "latency"

// ThresholdMetrics lists every metric of rules. Costs are the server's for each message and for each client, requests for each delivered message.
var ThresholdMetrics = []ThresholdMetric{
	{"latency", UnitNanoseconds, true},
	{"service", UnitNanoseconds, true},
	{"lag", UnitNanoseconds, true},
	{"send_delay", UnitNanoseconds, true},
	{"connect", UnitNanoseconds, true},
	{"first_receiver", UnitNanoseconds, true},
	{"last_receiver", UnitNanoseconds, true},
	{"skew", UnitNanoseconds, true},
	{"slow_latency", UnitNanoseconds, true},
	{"overhead_bytes", UnitBytes, true},
	{"reconnect", UnitNanoseconds, true},
	{"recovery", UnitNanoseconds, true},
	{"missed", UnitMessages, false},
	{"undelivered", UnitMessages, false},
	{"duplicated", UnitMessages, false},
	{"reordered", UnitMessages, false},
	{"delivered", UnitMessages, false},
	{"server_cpu", UnitNanoseconds, false},
	{"server_cpu_share", UnitPercent, false},
	{"server_memory", UnitBytes, false},
	{"requests", UnitNumber, false},
}

// thresholdOps are the comparisons, those of two characters first because the others begin them.
var thresholdOps = []string{"<=", ">=", "==", "!=", "<", ">"}

// statisticWords are the statistics without an argument. k6 calls the median med.
var statisticWords = []string{"avg", "min", "med", "max"}

const (
	statisticForm = "avg, min, med, max or p(N) with N between 0 and 100"
	thresholdForm = "rules such as `websocket: p(99)<50ms`, `missed==0`, `overhead_bytes: avg<200B` or `longpoll{rate=10/s}: server_cpu<60us`"
)

// ParseThreshold reads a rule. The error says what is wrong and what would have been right.
func ParseThreshold(text string) (Threshold, error) {
	t := Threshold{Text: strings.TrimSpace(text)}
	rest, err := t.parseWhere(t.Text)
	if err != nil {
		return Threshold{}, err
	}
	at := strings.IndexAny(rest, "<>=!")
	if at < 0 {
		return Threshold{}, fmt.Errorf("has no comparison; want one of %s and a value after the metric", strings.Join(thresholdOps, ", "))
	}
	metric, err := t.parseQuantity(strings.TrimSpace(rest[:at]))
	if err != nil {
		return Threshold{}, err
	}
	value, err := t.parseOp(rest[at:])
	if err != nil {
		return Threshold{}, err
	}
	return t, t.parseLimit(metric, value)
}

// parseWhere reads the prefixes that end in colons and returns what follows them.
func (t *Threshold) parseWhere(text string) (rest string, err error) {
	for {
		at := strings.IndexAny(text, ":{<>=!")
		if at < 0 || strings.ContainsRune("<>=!", rune(text[at])) {
			return text, nil
		}
		word := strings.TrimSpace(text[:at])
		tail := text[at+1:]
		if text[at] == '{' {
			if tail, err = t.parseParams(tail); err != nil {
				return "", err
			}
		}
		if err := t.prefix(word, text[at] == '{'); err != nil {
			return "", err
		}
		text = tail
	}
}

// prefix takes the word before a colon, or before the braces of parameters.
func (t *Threshold) prefix(word string, braces bool) error {
	known := append(textsOf(Comparable), thresholdMetricNames()...)
	switch {
	case t.Metric != "":
		return fmt.Errorf("has %q after the metric %s; want a statistic and a comparison there", word, t.Metric)
	case braces && word == "" && t.Transport == "":
		return nil
	case slices.Contains(Comparable, Transport(word)) && t.Transport == "" && (braces || t.Params == nil):
		t.Transport = Transport(word)
		return nil
	case slices.Contains(thresholdMetricNames(), word) && !braces:
		t.Metric = word
		return nil
	case slices.Contains(known, word):
		return fmt.Errorf("has %q in the wrong place; want transport{parameters}: metric: statistic", word)
	}
	return fmt.Errorf("begins with %q, which is neither a transport nor a metric%s; want one of %s", word, didYouMean(word, known), strings.Join(known, ", "))
}

func thresholdMetricNames() []string {
	names := make([]string, len(ThresholdMetrics))
	for i, m := range ThresholdMetrics {
		names[i] = m.Name
	}
	return names
}

// parseParams reads `path=value path=value}:` and returns what follows the colon.
func (t *Threshold) parseParams(text string) (rest string, err error) {
	inside, rest, closed := strings.Cut(text, "}")
	rest, colon := strings.CutPrefix(strings.TrimSpace(rest), ":")
	switch {
	case !closed || !colon:
		return "", errors.New("has braces that do not end in a brace and a colon; want parameters such as {rate=10/s clients=100}: before the statistic")
	case t.Params != nil:
		return "", errors.New("has parameters twice; want all of them in one pair of braces")
	}
	t.Params = map[string]string{}
	for _, pair := range strings.Fields(inside) {
		if err := t.parseParam(pair); err != nil {
			return "", err
		}
	}
	if len(t.Params) == 0 {
		return "", errors.New("has empty braces; want parameters such as {rate=10/s}, or no braces")
	}
	return rest, nil
}

// parseParam writes the value as a sweep would, so that 600/min is found where an arm has 10/s.
func (t *Threshold) parseParam(pair string) error {
	path, value, ok := strings.Cut(pair, "=")
	if !ok {
		return fmt.Errorf("has %q in braces; want path=value, such as rate=10/s", pair)
	}
	p, err := LookupParameter(path)
	if err != nil {
		return fmt.Errorf("has an %w", err)
	}
	axis, err := ParseAxis(path, value)
	switch _, twice := t.Params[path]; {
	case err != nil:
		return fmt.Errorf("has %s in braces: %w; want %s", path, err, p.Allowed)
	case len(axis.Values) != 1:
		return fmt.Errorf("has several values of %s in braces; want one", path)
	case twice:
		return fmt.Errorf("has %s twice in braces", path)
	}
	t.Params[path] = axis.Values[0]
	return nil
}

// parseQuantity reads what stands before the comparison: a statistic of the metric, or a metric that has none.
func (t *Threshold) parseQuantity(word string) (ThresholdMetric, error) {
	if t.Metric == "" {
		if m, ok := thresholdMetric(word); ok {
			if m.Distribution {
				return m, fmt.Errorf("compares %s itself, which is a distribution; want a statistic of it, such as %s: p(99)", word, word)
			}
			t.Metric, t.Unit = word, m.Unit
			return m, nil
		}
		t.Metric = DefaultThresholdMetric
	}
	m, _ := thresholdMetric(t.Metric)
	if !m.Distribution {
		return m, fmt.Errorf("has %q after %s, which is one number; want %s and a comparison, without colon or statistic", word, t.Metric, t.Metric)
	}
	t.Unit = m.Unit
	return m, t.parseStatistic(word)
}

func thresholdMetric(name string) (ThresholdMetric, bool) {
	i := slices.IndexFunc(ThresholdMetrics, func(m ThresholdMetric) bool { return m.Name == name })
	if i < 0 {
		return ThresholdMetric{}, false
	}
	return ThresholdMetrics[i], true
}

func (t *Threshold) parseStatistic(word string) error {
	if slices.Contains(statisticWords, word) {
		t.Statistic = Statistic{Name: word}
		return nil
	}
	inside, ok := strings.CutPrefix(word, "p(")
	inside, closed := strings.CutSuffix(inside, ")")
	if n, decimal := parseDecimal(strings.TrimSpace(inside)); ok && closed && decimal && n > 0 && n < 100 {
		t.Statistic = Statistic{Name: "p", Percentile: n}
		return nil
	}
	return fmt.Errorf("%q is no statistic and no metric%s; want %s", word, meantStatistic(word), statisticForm)
}

// meantStatistic suggests p(99) for p99 and the nearest word for any other.
func meantStatistic(word string) string {
	number, ok := strings.CutPrefix(word, "p")
	if _, decimal := parseDecimal(number); ok && decimal {
		return `; did you mean "p(` + number + `)"?`
	}
	return didYouMean(word, append(thresholdMetricNames(), statisticWords...))
}

// parseOp reads the comparison and returns what follows it.
func (t *Threshold) parseOp(text string) (rest string, err error) {
	for _, op := range thresholdOps {
		if rest, ok := strings.CutPrefix(text, op); ok && !strings.HasPrefix(rest, "=") {
			t.Op = op
			return strings.TrimSpace(rest), nil
		}
	}
	sign := text[:len(text)-len(strings.TrimLeft(text, "<>=!"))]
	return "", fmt.Errorf("%q is no comparison; want one of %s", sign, strings.Join(thresholdOps, ", "))
}

// parseLimit reads the value in the metric's unit. Messages may be a share of those expected, in percent.
func (t *Threshold) parseLimit(m ThresholdMetric, text string) error {
	if share, ok := strings.CutSuffix(text, "%"); ok && (m.Unit == UnitMessages || m.Unit == UnitPercent) {
		t.Unit = UnitPercent
		return t.number(text, share, "a percentage such as 0.1%")
	}
	switch m.Unit {
	case UnitNanoseconds:
		d, err := ParseDuration(text)
		if err != nil || d < 0 {
			return notALimit(text, "a duration with its unit such as 50ms or 60us")
		}
		t.Limit = float64(d)
		return nil
	case UnitBytes:
		return t.bytes(text)
	case UnitMessages:
		n, err := ParseCount(text)
		if err != nil {
			return notALimit(text, "a whole number of messages, or a share of those expected such as 0.1%")
		}
		t.Limit = float64(n)
		return nil
	case UnitPercent:
		return notALimit(text, "a percentage such as 80%")
	}
	return t.number(text, text, "a number such as 1.5")
}

func notALimit(text, want string) error {
	return fmt.Errorf("%q cannot be its limit; want %s", text, want)
}

func (t *Threshold) number(text, digits, want string) error {
	n, ok := parseDecimal(digits)
	if !ok {
		return notALimit(text, want)
	}
	t.Limit = n
	return nil
}

// bytes reads a size that, unlike a payload's, may be a fraction of a byte: averages are compared with it.
func (t *Threshold) bytes(text string) error {
	const want = "bytes such as 200, 200B or 1.5kB"
	digits, suffix := splitNumber(text)
	at := slices.IndexFunc(sizeUnits, func(u unit) bool { return u.suffix == suffix })
	n, ok := parseDecimal(digits)
	if at < 0 || !ok {
		return notALimit(text, want)
	}
	t.Limit = n * float64(sizeUnits[at].num)
	return nil
}

// parseDecimal reads digits with perhaps a fraction: no sign, no exponent, nothing that is not finite even in the largest unit.
func parseDecimal(s string) (float64, bool) {
	digits, suffix := splitNumber(s)
	if suffix != "" || !plainNumber(digits) {
		return 0, false
	}
	n, err := strconv.ParseFloat(digits, 64)
	return n, err == nil && n < 1e18
}

// Holds compares a measured value, in the rule's unit, with its limit.
func (t Threshold) Holds(measured float64) bool {
	switch t.Op {
	case "<":
		return measured < t.Limit
	case "<=":
		return measured <= t.Limit
	case ">":
		return measured > t.Limit
	case ">=":
		return measured >= t.Limit
	case "==":
		return measured == t.Limit
	}
	return measured != t.Limit
}

// Binds says whether the rule is about an arm of this transport and these parameters.
func (t Threshold) Binds(transport Transport, params map[string]string) bool {
	if t.Transport != "" && t.Transport != transport {
		return false
	}
	for path, value := range t.Params {
		if have, ok := params[path]; !ok || have != value {
			return false
		}
	}
	return true
}
