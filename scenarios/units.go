package scenarios

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Rate is events per second. In a file it is written `500/s`, `0.5/s` or `6/min`; see ParseRate.
type Rate float64

// Size is a number of bytes. In a file it is written `128B`, `16KiB` or `1MB`; see ParseSize.
type Size int

// Bandwidth is bytes per second. In a file it is written `10MB/s` or `100Mbit/s`; see ParseBandwidth.
type Bandwidth int64

// Count is a number of things, for flags such as --clients, where `10k` is short for 10000.
type Count int

// UnitError says that a text is not a quantity of the kind wanted.
type UnitError struct {
	Kind  string // what was wanted, such as "rate"
	Value string // what was written
	Want  string // how it is written
}

func (e *UnitError) Error() string {
	return fmt.Sprintf("%s %q: want %s", e.Kind, e.Value, e.Want)
}

// The forms of each kind, as error messages, flags' help and the schema's descriptions state them.
const (
	rateForm      = "a number and a unit such as 500/s, 0.5/s or 6/min"
	sizeForm      = "a whole number of bytes such as 128B, 16KiB or 1MB"
	bandwidthForm = "bytes or bits per second such as 10MB/s or 100Mbit/s, 0B/s for unlimited"
	countForm     = "a whole number such as 1000 or 10k"
	durationForm  = "a number and a unit such as 1m30s, 500ms or 0s"
)

// unit is a suffix and what it multiplies by, as a fraction so that bits are exact.
type unit struct {
	suffix   string
	num, den int64
}

// sizeUnits has the decimal and the binary multiples of a byte. Where printing can choose, the later unit wins.
var sizeUnits = []unit{
	{"", 1, 1},
	{"B", 1, 1},
	{"KB", 1e3, 1},
	{"kB", 1e3, 1},
	{"KiB", 1 << 10, 1},
	{"MB", 1e6, 1},
	{"MiB", 1 << 20, 1},
	{"GB", 1e9, 1},
	{"GiB", 1 << 30, 1},
}

// bandwidthUnits are sizeUnits per second and the bits per second that links are sold by.
var bandwidthUnits = []unit{
	{"bit/s", 1, 8},
	{"kbit/s", 1e3, 8},
	{"Mbit/s", 1e6, 8},
	{"Gbit/s", 1e9, 8},
	{"B/s", 1, 1},
	{"KB/s", 1e3, 1},
	{"kB/s", 1e3, 1},
	{"KiB/s", 1 << 10, 1},
	{"MB/s", 1e6, 1},
	{"MiB/s", 1 << 20, 1},
	{"GB/s", 1e9, 1},
	{"GiB/s", 1 << 30, 1},
}

var countUnits = []unit{{"", 1, 1}, {"k", 1e3, 1}, {"M", 1e6, 1}}

// ratePeriods are the seconds in each period a rate can be written per, in the order printing prefers them.
var ratePeriods = []struct {
	suffix  string
	seconds float64
}{{"/s", 1}, {"/min", 60}, {"/h", 3600}}

// splitNumber cuts a text after its leading decimal number. There are no signs and no exponents: no quantity here needs them.
func splitNumber(s string) (number, suffix string) {
	i := 0
	for i < len(s) && (s[i] == '.' || '0' <= s[i] && s[i] <= '9') {
		i++
	}
	return s[:i], s[i:]
}

// plainNumber reports whether s is digits, perhaps with a fraction.
func plainNumber(s string) bool {
	whole, fraction, dotted := strings.Cut(s, ".")
	// 400 digits are more than the longest exact float64 that printing can produce here.
	return whole != "" && !strings.Contains(fraction, ".") && (!dotted || fraction != "") && len(s) <= 400
}

// parseWhole reads a number with one of the units and returns it in the base unit; ok only if that is a whole int64.
func parseWhole(s string, units []unit) (value int64, ok bool) {
	number, suffix := splitNumber(s)
	if !plainNumber(number) {
		return 0, false
	}
	for _, u := range units {
		if u.suffix != suffix {
			continue
		}
		r, valid := new(big.Rat).SetString(number)
		if !valid {
			return 0, false
		}
		r.Mul(r, big.NewRat(u.num, u.den))
		return r.Num().Int64(), r.IsInt() && r.Num().IsInt64()
	}
	return 0, false
}

// printWhole writes v in the largest unit of which it is a whole multiple.
func printWhole(v int64, units []unit) string {
	best := unit{num: 0}
	for _, u := range units {
		if u.den == 1 && u.suffix != "" && v%u.num == 0 && u.num >= best.num && (v != 0 || u.num == 1) {
			best = u
		}
	}
	return strconv.FormatInt(v/best.num, 10) + best.suffix
}

// ParseRate reads a rate: a decimal number, perhaps with k or M, per second, minute or hour (`500/s`, `10k/s`, `6/min`, `2/h`).
// Any error is a *UnitError.
func ParseRate(s string) (Rate, error) {
	number, suffix := splitNumber(s)
	scale := 1.0
	switch {
	case strings.HasPrefix(suffix, "k"):
		scale, suffix = 1e3, suffix[1:]
	case strings.HasPrefix(suffix, "M"):
		scale, suffix = 1e6, suffix[1:]
	}
	for _, p := range ratePeriods {
		if p.suffix != suffix || !plainNumber(number) {
			continue
		}
		if v, err := strconv.ParseFloat(number, 64); err == nil && !math.IsInf(v*scale, 0) {
			return Rate(v * scale / p.seconds), nil
		}
	}
	return 0, &UnitError{"rate", s, rateForm}
}

// String writes the rate per second where that is short, else per minute or hour, and always so that ParseRate gives it back.
func (r Rate) String() string {
	for _, p := range ratePeriods {
		s := strconv.FormatFloat(float64(r)*p.seconds, 'f', -1, 64) + p.suffix
		if back, err := ParseRate(s); err == nil && back == r && len(s) <= 10 {
			return s
		}
	}
	return strconv.FormatFloat(float64(r), 'f', -1, 64) + "/s"
}

// ParseSize reads a number of bytes: `128B`, `16KiB` (16384), `1MB` (1000000), or a bare integer.
// Any error is a *UnitError.
func ParseSize(s string) (Size, error) {
	v, ok := parseWhole(s, sizeUnits)
	if !ok || int64(int(v)) != v {
		return 0, &UnitError{"size", s, sizeForm}
	}
	return Size(v), nil
}

func (s Size) String() string { return printWhole(int64(s), sizeUnits) }

// ParseBandwidth reads bytes per second (`10MB/s`, `512KiB/s`) or bits per second (`100Mbit/s`).
// Any error is a *UnitError.
func ParseBandwidth(s string) (Bandwidth, error) {
	v, ok := parseWhole(s, bandwidthUnits)
	if !ok {
		return 0, &UnitError{"bandwidth", s, bandwidthForm}
	}
	return Bandwidth(v), nil
}

func (b Bandwidth) String() string { return printWhole(int64(b), bandwidthUnits) }

// ParseCount reads a whole number: `1000`, `10k`, `1.5k`, `1M`. Any error is a *UnitError.
func ParseCount(s string) (int, error) {
	v, ok := parseWhole(s, countUnits)
	if !ok || int64(int(v)) != v {
		return 0, &UnitError{"count", s, countForm}
	}
	return int(v), nil
}

func (c Count) String() string { return strconv.Itoa(int(c)) }

// ParseDuration reads a duration as Go writes them. Any error is a *UnitError.
func ParseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, &UnitError{"duration", s, durationForm}
	}
	return d, nil
}

// printDuration writes a duration as Go does, without the zero minutes and seconds that follow a larger unit (`1m`, not `1m0s`).
func printDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
