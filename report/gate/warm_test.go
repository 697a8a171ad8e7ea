package gate

import "testing"

func TestWarm(t *testing.T) {
	for name, test := range map[string]struct {
		readings []float64
		want     bool
	}{
		"nothing read":             {nil, false},
		"three readings":           {[]float64{5, 5, 5}, false},
		"level from the start":     {[]float64{5, 5, 5, 5}, true},
		"still falling":            {[]float64{9, 8, 7, 6}, false},
		"fell, then level":         {[]float64{90, 40, 10, 10.2, 9.9, 10}, true},
		"falling by less than 5 %": {[]float64{10, 10, 9.8, 9.7}, true},
		"getting worse":            {[]float64{5, 5, 6, 7}, true},
		"one hiccup in the middle": {[]float64{5, 9, 5, 5}, false}, // told from a fall by the next reading
		"a reading later":          {[]float64{5, 9, 5, 5, 5}, false},
		"and another":              {[]float64{5, 9, 5, 5, 5, 5}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Warm(test.readings); got != test.want {
				t.Errorf("Warm(%v) = %v", test.readings, got)
			}
		})
	}
}
