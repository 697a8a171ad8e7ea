package review

import "time"

// Overlay is several runs side by side: what may be compared, what varies, where it crosses.
type Overlay struct {
	Runs []Identity
	// Cells are the arms that occur, each with its cell in every run.
	Cells []Aligned
	// Curves are there when the runs of a scenario differ in parameters that have an order, as in a sweep made of single runs.
	Curves []Curves
	// Trends are the series over the runs by age.
	Trends []Trend
	// Tables are the overlay's numbers, for the page and CSV.
	Tables []Table
}

// Aligned is one arm of one scenario over the runs.
type Aligned struct {
	Scenario string
	Arm      string
	// Index is the arm's cell in each run, −1 where it has none.
	Index []int
	// Comparable is set when all runs that have it did the same work under the same conditions; otherwise Why says what differs.
	Comparable bool
	Why        []string
}

// Curves is one metric of a scenario over a parameter.
type Curves struct {
	Scenario, Parameter, Metric, Unit string
	Values                            []string
	Lines                             []Line
	// Findings are the crossovers in words.
	Findings []string
}

// Line is a transport over the values of the parameter.
type Line struct {
	Arm    ArmRef
	Points []Value
	// Crossings are positions between values at which the line crosses WebSocket's, as in "≈110/s".
	Crossings []string
}

// Trend is a metric of an arm over runs, oldest first.
type Trend struct {
	Scenario, Arm, Metric, Unit string
	Points                      []TrendPoint
}

// TrendPoint is one run's value.
type TrendPoint struct {
	Run     string
	Created time.Time
	Value   Value
	// Same is set when the run did the same work as the one before it, so that the step between them may be read as a change.
	Same bool
}
