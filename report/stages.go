package report

import (
	"fmt"
	"time"

	"pushbench/report/format"
	"pushbench/results"
)

// attendanceColumns are clients that leave and come by plan.
var attendanceColumns = []column{
	attendanceColumn("left", "", counts, func(a *results.Attendance) value { return count(a.Left) }),
	attendanceColumn("came", "", counts, func(a *results.Attendance) value { return count(a.Came) }),
	joinP50,
	attendanceColumn("join", " p99", latency, func(a *results.Attendance) value { return percentileOf(a.Join, 0.99, p99Of) }),
	attendanceColumn("not", "expected", counts, func(a *results.Attendance) value { return count(a.Away) }),
	{head: "lost", dim: counts, read: func(r row) value { return count(r.Cell.Delivery.Missed + r.Cell.Delivery.Undelivered) }},
	attendanceColumn("stayed", "", counts, func(a *results.Attendance) value { return count(a.Stayed) }),
}

var joinP50 = attendanceColumn("join", " p50", latency, func(a *results.Attendance) value { return percentileOf(a.Join, 0.5, p50Of) })

const attendanceNote = "users who come and go: how many left and came in the steady phase, how long one that came took to a session that receives, the messages that were sent " +
	"while a user was away and are not expected, those that were expected and lost, and departures that did not take place."

func attendanceColumn(head, per string, dim dimension, read func(*results.Attendance) value) column {
	return column{head: head, per: per, dim: dim, read: func(r row) value {
		if r.Cell.Attendance == nil {
			return none()
		}
		return read(r.Cell.Attendance)
	}}
}

// stageColumns are the parts of a steady phase whose load changes. Their rows have a stage.
var stageColumns = []column{
	stageColumn("clients", "", counts, func(s *results.Stage) value { return count(int64(s.Clients)) }),
	stageColumn("rate", "/s", plain, func(s *results.Stage) value { return value{num: s.Rate} }),
	stageColumn("p50", "", latency, func(s *results.Stage) value { return percentileOf(s.Latency, 0.5, p50Of) }),
	stageColumn("p99", "", latency, func(s *results.Stage) value { return percentileOf(s.Latency, 0.99, p99Of) }),
	stageColumn("max", "", latency, func(s *results.Stage) value {
		return percentileOf(s.Latency, 0, func(s *results.Summary) int64 { return s.Max })
	}),
	stageColumn("server", "cpu", percent, func(s *results.Stage) value { return share(s.ServerCPUShare) }),
	stageMemory,
	stageColumn("gen", "cpu", percent, func(s *results.Stage) value { return share(s.GeneratorCPUShare) }),
}

var stageMemory = stageColumn("server", " memory", memory, func(s *results.Stage) value { return whole(s.ServerRSS) })

const stagesNote = "stages: clients and rate go evenly from those of the stage before to these; latency of the messages that were due in the stage, the server's memory at its end."

func stageColumn(head, per string, dim dimension, read func(*results.Stage) value) column {
	return column{head: head, per: per, dim: dim, name: "stage's " + head, read: func(r row) value {
		if r.stage == nil {
			return none()
		}
		return read(r.stage)
	}}
}

// stagesOf is a row for each stage of a row's cell.
func stagesOf(r row) (all []row) {
	warmup := time.Duration(0)
	if len(r.Cell.Stages) > 0 {
		warmup = r.Cell.Stages[0].Start
	}
	for i := range r.Cell.Stages {
		s := r
		s.stage = &r.Cell.Stages[i]
		s.value = fmt.Sprintf("%2.0f–%.0f s", (s.stage.Start - warmup).Seconds(), (s.stage.End - warmup).Seconds())
		if r.value != "" {
			s.value = r.value + "  " + s.value
		}
		all = append(all, s)
	}
	return all
}

// alignValues pads what stands before the rows' names to one width.
func alignValues(rows []row) {
	widest := 0
	for _, r := range rows {
		widest = max(widest, format.Width(r.value))
	}
	for i := range rows {
		rows[i].value = format.Pad(rows[i].value, widest, true)
	}
}
