package target

import (
	"maps"
	"math"
	"strconv"
	"time"

	"pushbench/loadgen/target/file"
)

// values are what the variables of a target file stand for in one session. The zero value knows nothing, and what it does not know stays open.
type values struct {
	topic  string
	client int
	users  *file.Users
	hold   time.Duration
	single string
	// captured are what the steps that opened the session found in answers.
	captured map[string]string
}

// of is a variable's value; ok is false for what changes with each use.
func (v values) of(name string) (value string, ok bool) {
	switch name {
	case file.VarCursor, file.VarPayload:
		return "", false
	case file.VarTopic:
		return v.topic, true
	case file.VarClient:
		return strconv.Itoa(v.client), true
	case file.VarHold:
		return v.hold.String(), true
	case file.VarHoldSeconds:
		return strconv.Itoa(int(math.Ceil(v.hold.Seconds()))), true
	case file.VarHoldMillis:
		return strconv.FormatInt(v.hold.Milliseconds(), 10), true
	case file.VarSingle:
		return v.single, true
	}
	if column, ok := file.UserColumn(name); ok {
		return v.users.Value(v.client, column), true
	}
	return v.captured[name], true
}

// with returns the values with one more that was captured.
func (v values) with(name, value string) values {
	v.captured = maps.Clone(v.captured)
	if v.captured == nil {
		v.captured = map[string]string{}
	}
	v.captured[name] = value
	return v
}
