package results

// Attendance is what became of a plan by which clients leave and come during a round, counted in the steady phase. A client is expected to receive what is sent
// from the instant at which its session is open to the instant at which it is asked to leave.
type Attendance struct {
	// Left and Came are how many clients did. Stayed is how many departures did not take place, since the client had no session to leave.
	Left   int64 `json:"left"`
	Came   int64 `json:"came"`
	Stayed int64 `json:"stayed,omitempty"`
	// Away is the messages that clients did not receive as they were away by plan, over all clients: none of them is expected. For a pattern in which each
	// message has the same receivers, published × receivers = expected + away.
	Away int64 `json:"away"`
	// Join is from the dial of a client that came to a session that receives.
	Join *Summary `json:"join_ns,omitempty"`
}

// summary is where a metric's stands, nil if it is none of the block's, or the block is absent.
func (a *Attendance) summary(metric Metric) **Summary {
	if a == nil || metric != Join {
		return nil
	}
	return &a.Join
}

func mergeAttendance(rounds []Round) *Attendance {
	var sum Attendance
	for _, r := range rounds {
		if r.Attendance == nil {
			return nil
		}
		sum.Left += r.Attendance.Left
		sum.Came += r.Attendance.Came
		sum.Stayed += r.Attendance.Stayed
		sum.Away += r.Attendance.Away
	}
	return &sum
}
