package server

import (
	"testing"

	"go.uber.org/goleak"
)

// asAudience, where there is one, makes this process the audience of a benchmark and ends it, if it was started as that.
var asAudience = func() {}

func TestMain(m *testing.M) {
	asAudience()
	goleak.VerifyTestMain(m)
}
