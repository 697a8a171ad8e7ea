// Package gate decides whether a candidate made a figure worse than its baseline. It is pure: no clock, no socket, no file.
package gate
