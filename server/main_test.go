package server

import (
	"testing"

	"go.uber.org/goleak"
)

// asAudience, where there is one, makes this process the audience of a benchmark and ends it, if it was started as that.
var asAudience = func() {}

func TestMain(m *testing.M) {
	asAudience()
	// fasthttp keeps the text of the Date header in a goroutine that it never ends, one for the process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}
