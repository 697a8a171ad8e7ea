// Package sweep reads the cells of a swept scenario as curves over the swept parameter and finds where they cross. It is pure: the table, Markdown and
// the charts all take their words and positions from here, so that none can claim a crossover that another does not show.
//
// # How the data goes
//
//	format.Group → Of → Sweep: one axis, and a Slice for each combination of the other parameters → Curve (transport × target) → points, one cell each
//	Slice.Compare(axis, metric) → Comparison: at how many values a curve is told to lie below or above WebSocket's, and its Crossings
//
// # When a crossover may be stated
//
// Two curves that touch prove nothing: with noise, equal transports cross all the time. At each value the order counts as told only if both cells are
// valid and their ranges do not overlap: the 95 % confidence intervals of the percentile where both cells have one, else the smallest to the largest of
// the rounds, from three rounds up (two rounds of each of two equal arms lie apart one time in three). A crossover stands between two values whose order
// is told and opposite. If these are neighbours it is interpolated, on the logarithm of the metric and along the axis as it is drawn; if values lie
// between that cannot be told, only the bracket is stated.
//
// # Rejected
//
// Interpolating between the nearest points whatever their confidence: a precise-looking number for noise. Fitting a curve through all points: it needs a
// law, and the interesting end of a sweep, saturation, breaks every simple one.
package sweep
