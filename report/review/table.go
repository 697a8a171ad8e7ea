package review

// The names of the tables of a scenario, each prefixed by the scenario's slug and a dash where a run has several ("default-percentiles").
const (
	// TableTerminal are those that the terminal prints, numbered where there are several.
	TableTerminal   = "results"
	TableAnswer     = "answer"
	TableIntegrity  = "delivery"
	TableGenerator  = "generator"
	TablePercentile = "percentiles"
	TableHistogram  = "latency-histogram"
	TableRecovery   = "recovery"
	TableOverTime   = "latency-over-time"
	TableOverhead   = "overhead-histogram"
	TableBytes      = "bytes-per-message"
	TableCost       = "cost-per-client"
	TableBatch      = "messages-per-response"
	TableRounds     = "round-spread"
	TableBreakEven  = "break-even"
	// TableFindings belongs to the run: what each scenario answers.
	TableFindings = "findings"
)

// Table is numbers with their names. A chart draws the values of its table, the page shows their texts, and CSV is written from both.
type Table struct {
	// Name is stable and fit for a file name and an anchor.
	Name string
	// Section is the index of the scenario in [Review.Sections]; −1 for what belongs to the run.
	Section int
	Title   string
	// Shows and ShowsNot are the "what this shows, what it does not" line.
	Shows, ShowsNot string
	Columns         []Column
	Rows            []Row
}

// Column is one quantity.
type Column struct {
	// Title is without unit; Unit is that in which texts and CSV are written, empty for words and plain numbers.
	Title, Unit string
	// Size is how many base units (nanoseconds, bytes) one Unit holds; 1 where there is none.
	Size float64
	// Words columns hold no numbers.
	Words bool
	// Interval columns hold Low and High and no Number; CSV splits them in two.
	Interval bool
	// Arm is the index in the run's cells of the arm whose values these are, −1 where rows tell the arm or there is none.
	Arm int
}

// Row is one line. Arm is the index in the run's cells, −1 where the row is of no single arm.
type Row struct {
	Arm     int
	Invalid bool
	Cells   []Value
}
