//go:build !linux

package server

// processCPU and processRSS are not read on this platform: absent, not zero.
func processCPU() *float64 { return nil }

func processRSS() *int64 { return nil }
