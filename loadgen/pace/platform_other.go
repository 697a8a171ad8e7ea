//go:build !linux

package pace

var platform = goTimer
