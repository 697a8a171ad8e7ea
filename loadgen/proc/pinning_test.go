package proc

import (
	"slices"
	"testing"
)

func TestPin(t *testing.T) {
	for name, test := range map[string]struct {
		cpus              []int
		off               bool
		mode              string
		server, generator []int
	}{
		"one processor":     {[]int{0}, false, "shared", nil, nil},
		"none known":        {nil, false, "shared", nil, nil},
		"two":               {[]int{0, 1}, false, "separate", []int{0}, []int{1}},
		"three, not from 0": {[]int{2, 5, 7}, false, "separate", []int{2}, []int{5, 7}},
		"turned off":        {[]int{0, 1}, true, "shared", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if !canPin {
				test.mode, test.server, test.generator = "shared", nil, nil
			}
			got := Pin(test.cpus, test.off)
			if got.Mode != test.mode || !slices.Equal(got.Server, test.server) || !slices.Equal(got.Generator, test.generator) {
				t.Errorf("%+v, want %s %v %v", got, test.mode, test.server, test.generator)
			}
		})
	}
	if got := Cores([]int{3}, []int{1, 2, 3}); got != 1 {
		t.Errorf("a side pinned to one processor has %d cores", got)
	}
	if got := Cores(nil, []int{1, 2, 3}); got != 3 {
		t.Errorf("a side that shares three processors has %d cores", got)
	}
}
