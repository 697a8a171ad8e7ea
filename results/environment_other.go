//go:build !linux

package results

// readSystem reads nothing: these fields have no portable source.
func (e *Environment) readSystem(string) {}
