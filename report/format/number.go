package format

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// NA stands for a number that could not be read. It is never a zero.
const NA = "n/a"

// The bounds within which Sig writes plain decimals; beyond them only an exponent keeps a column narrow.
const (
	plainMin = 1e-6
	plainMax = 1e9
)

// Sig writes v with three significant digits: 0.0123, 9.02, 128, 60000. What is not a number reads n/a.
func Sig(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return NA
	}
	if v == 0 {
		return "0"
	}
	if abs := math.Abs(v); abs < plainMin || abs >= plainMax {
		return strconv.FormatFloat(v, 'e', 2, 64)
	}
	// Rounding first decides the exponent, so that 9.996 reads 10.0 and not 10.00.
	rounded := strconv.FormatFloat(v, 'e', 2, 64)
	exponent, _ := strconv.Atoi(rounded[strings.IndexByte(rounded, 'e')+1:])
	value, _ := strconv.ParseFloat(rounded, 64)
	return strconv.FormatFloat(value, 'f', max(0, 2-exponent), 64)
}

// Trim is Sig without the zeros that only show precision: 2, 0.5, 128. It is for settings, which are exact, not for measurements.
func Trim(v float64) string {
	s := Sig(v)
	if !strings.Contains(s, ".") || strings.Contains(s, "e") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// Plain writes v with all its digits and no exponent, for numbers that were rounded on purpose.
func Plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// exactCount is the largest count Count writes digit by digit.
const exactCount = 9_999_999

// Count writes n exactly while that is short, then as 12.3M.
func Count(n int64) string {
	if n >= -exactCount && n <= exactCount {
		return strconv.FormatInt(n, 10)
	}
	return scaled(float64(n), []Unit{{"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18}}, "")
}

// Grouped writes n with commas between thousands, for prose such as "1,000 clients".
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Unit is a name and how many base units (nanoseconds, bytes) it holds.
type Unit struct {
	Name string
	Size float64
}

// The units, smallest first.
var (
	TimeUnits = []Unit{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}
	ByteUnits = []Unit{{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}
)

// Nanoseconds writes a duration in nanoseconds with the unit that suits it: 45.6 µs, 1.23 ms, 60.0 s.
func Nanoseconds(ns float64) string { return scaled(ns, TimeUnits, " ") }

// Bytes writes bytes with the SI unit that suits them: 812 B, 12.3 kB.
func Bytes(b float64) string { return scaled(b, ByteUnits, " ") }

// In writes v with the one of the units that suits it, "45.6 µs"; a unit without a name leaves the number alone.
func In(units []Unit, v float64) string { return strings.TrimSpace(scaled(v, units, " ")) }

// Setting writes a duration that someone chose: 5 s, 1.5 ms, 25 s.
func Setting(d time.Duration) string {
	u := unitOf(float64(d), TimeUnits)
	return Trim(float64(d)/u.Size) + " " + u.Name
}

func scaled(v float64, units []Unit, space string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return NA
	}
	u := unitOf(v, units)
	return Sig(v/u.Size) + space + u.Name
}

// unitOf picks the largest unit that v reaches. What rounds up to the next unit takes it, so that 999.9 µs reads 1.00 ms.
func unitOf(v float64, units []Unit) Unit {
	best := units[0]
	for _, u := range units[1:] {
		if math.Abs(v) >= 0.9995*u.Size {
			best = u
		}
	}
	return best
}

// Common picks one unit for all values of a column: that in which the widest is shortest, the larger unit where two tie.
// 9 ms and 60 s read 9.00 and 60000 in ms; 50 µs beside 60 s does too, since seconds would start with zeros. Zeros alone take the smallest.
func Common(units []Unit, values []float64) Unit {
	best, shortest := units[0], math.MaxInt
	for _, u := range units {
		if w := widest(u, values); w > 0 && w <= shortest {
			best, shortest = u, w
		}
	}
	return best
}

func widest(u Unit, values []float64) int {
	w := 0
	for _, v := range values {
		if v != 0 {
			w = max(w, len(Sig(v/u.Size)))
		}
	}
	return w
}
