package targetcheck

import (
	"time"

	"pushbench/loadgen"
)

// arrival is a message, or a failure that did not end the session. One of somebody else has no stamp.
type arrival struct {
	stamp loadgen.Stamp
	at    time.Time
	err   error
}

// inbox is what a session receives, until it ends with err.
type inbox struct {
	arrived chan arrival
	err     error
}

// receive receives until the session is closed. The channel is closed then, and err may be read.
func receive(conn loadgen.Conn) *inbox {
	in := &inbox{arrived: make(chan arrival, 16)}
	go func() {
		defer close(in.arrived)
		for {
			batch, err := conn.Receive()
			if err != nil {
				in.err = err
				return
			}
			if batch.Failed != nil {
				in.arrived <- arrival{err: batch.Failed}
			}
			for _, m := range batch.Messages {
				stamp, _ := loadgen.FindStamp(m)
				in.arrived <- arrival{stamp: stamp, at: batch.Received}
			}
		}
	}()
	return in
}

// wait waits for the end of a session that was closed.
func (in *inbox) wait() {
	for range in.arrived {
	}
}
