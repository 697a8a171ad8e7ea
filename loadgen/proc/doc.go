// Package proc starts the processes of a run (servers and workers), waits until they are ready, reads what they cost, and stops them.
//
// A child is given its processors before it starts, so that its runtime counts only those; it is stopped when its parent ends, whatever ends it;
// and the last lines it printed are kept, since they usually say why it died. What cannot be read is an error, such as [ErrNotMeasured] or
// [ErrGone], never zero.
package proc
