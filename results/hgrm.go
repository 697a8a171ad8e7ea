package results

import (
	"errors"
	"fmt"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// hgrmMetrics are those whose percentile distribution every run writes: what people plot. The .hlog has the others, too.
var hgrmMetrics = []Metric{Latency, Service, Overhead}

// hgrmTicks is how many lines HdrHistogram's own tools write for each halving of the distance to 100 %.
const hgrmTicks = 5

// DistributionName is the file name of a metric's percentile distribution: metric, scenario and arm as in the tags of the log.
func DistributionName(r LogRound, m Metric) string {
	return fmt.Sprintf("%s.%s.%s.hgrm", m, tagSafe(r.Scenario), r.Arm)
}

// WriteDistributions writes, beside the log, what HdrHistogram's plotter reads (hdrhistogram.github.io/HdrHistogram/plotFiles.html): for each arm, latency and service time
// in milliseconds and overhead in bytes, all rounds merged. Arms without samples have no file.
func (f Folder) WriteDistributions(rounds []LogRound) error {
	var problems []error
	for _, arm := range armsOf(rounds) {
		for _, m := range hgrmMetrics {
			problems = append(problems, f.writeDistribution(arm, m))
		}
	}
	return errors.Join(problems...)
}

// armsOf groups a log's rounds by scenario and arm, in order of appearance.
func armsOf(rounds []LogRound) [][]LogRound {
	type key struct{ scenario, arm string }
	place := map[key]int{}
	var arms [][]LogRound
	for _, r := range rounds {
		k := key{r.Scenario, r.Arm}
		at, known := place[k]
		if !known {
			at = len(arms)
			place[k], arms = at, append(arms, nil)
		}
		arms[at] = append(arms[at], r)
	}
	return arms
}

func (f Folder) writeDistribution(arm []LogRound, m Metric) error {
	merged := NewHistogram()
	var reader SliceReader
	for _, r := range arm {
		for _, slice := range r.Histograms[m] {
			counts, err := reader.Read(slice)
			if err == nil {
				err = counts.AddTo(merged)
			}
			if err != nil {
				return fmt.Errorf("write distribution of %s, %s: %w", roundTag(r), m, err)
			}
		}
	}
	if merged.TotalCount() == 0 {
		return nil
	}
	return f.WriteFile(DistributionName(arm[0], m), func(w io.Writer) error { return printDistribution(w, merged, m) })
}

// printDistribution leaves the layout to the library, whose text the plotter reads.
func printDistribution(w io.Writer, h *hdrhistogram.Histogram, m Metric) error {
	scale := 1e6 // nanoseconds in a millisecond
	if m == Overhead {
		scale = 1
	}
	_, err := h.PercentilesPrint(w, hgrmTicks, scale)
	return err
}
