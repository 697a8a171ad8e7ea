package netem

import "sync/atomic"

// Meter counts the socket bytes of one client over all its connections: a poller that reconnects passes the
// same Meter to each Dial. Bytes count when they cross the real socket, so under an emulated delay Sent counts
// a Write one delay late and Received counts bytes one delay before Read returns them.
//
// There is one Meter per client and no total: a counter shared by all clients would be written by all cores.
// The zero value is ready to use; it must not be copied.
type Meter struct {
	Sent        atomic.Int64 // bytes
	Received    atomic.Int64 // bytes
	Connections atomic.Int64 // connections that were established
}
