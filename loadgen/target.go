package loadgen

import (
	"cmp"
	"context"
	"time"

	"pushbench/scenarios"
)

// Target is a server under measurement, as clients and the application beside it reach it.
type Target interface {
	// Open opens a client's session: on return the client will receive everything published from now on, or since the place it resumes at.
	// It is called on a goroutine other than the one that will call Receive. An error that says what the attempt took is an [*OpenError].
	Open(ctx context.Context, c ClientSpec) (Conn, error)
	// OpenPublisher opens a persistent stream to publish on, as the application beside the server would.
	OpenPublisher(ctx context.Context) (Publisher, error)
}

// ClientSpec is one simulated user.
type ClientSpec struct {
	ID        int
	Transport scenarios.Transport
	Topic     string
	// Sends is true if the client will call Send.
	Sends bool
	// SendsTo is the topic that Send publishes to, if it is not Topic.
	SendsTo string
	// Slow is true if the client shall read slowly, as the scenario says.
	Slow bool
	// Phase, in [0, 1), shifts a short poller's schedule by that part of its interval.
	Phase float64
	// Resume is where an earlier session of the client ended ([Conn].Place): the new one goes on there, so that nothing between the two is lost.
	// Empty begins with what is published from now on.
	Resume Place
	// Barred puts a proxy before the client that lets no Upgrade through: a WebSocket is asked for, and the server is not told.
	Barred bool
}

// Destination is the topic that Send publishes to.
func (c ClientSpec) Destination() string { return cmp.Or(c.SendsTo, c.Topic) }

// Listener is a Target on which the application beside the server can listen. A round in which clients send to the application needs one.
type Listener interface {
	// Listen opens a persistent subscription as the application would: on return it will receive everything published to the topic from now on.
	Listen(ctx context.Context, topic string) (Subscription, error)
}

// Subscription is what the application listens on. One goroutine calls Receive, any may call Close.
type Subscription interface {
	// Receive waits until something arrives. The batch and its messages are valid until the next call.
	Receive() (*Batch, error)
	// Close ends the subscription, without waiting for the server; a Receive under way returns an error.
	Close() error
}

// Place is where a session stands in its topic's log: opaque text that the target it comes from can go on at, over any of its transports.
// Empty if it cannot.
type Place string

// OpenError is an error of [Target].Open with what the attempt took at the client's sockets.
type OpenError struct {
	Took Traffic
	Err  error
}

func (e *OpenError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Conn is a client's session over one transport. One goroutine calls Receive, at most one other calls Send, any may call Close.
type Conn interface {
	// Receive waits until something arrives: messages, or an empty answer to a poll. The batch and its messages are valid until the next call,
	// and while a call waits the session holds no buffer, so that idle clients cost little.
	Receive() (*Batch, error)
	// Send publishes the payload on the client's own transport and returns what that took at the sockets, payload included; with an error, what it took so far.
	Send(payload []byte) (Traffic, error)
	// Traffic returns the session's counts so far, without what Send returned. It is called by the goroutine that receives, or after Close.
	Traffic() Traffic
	// Totals returns all that has passed the session's sockets so far, its opening and its sends included: bytes, connections, requests and responses, without
	// what they were for. Any goroutine may call it at any time.
	Totals() Traffic
	// Place is where the session stands behind the last batch. It is called when Receive has returned an error.
	Place() Place
	// Close ends the session, without waiting for the server; Receive and Send return errors, also those under way.
	Close() error
}

// Publisher is a persistent stream to the server. One goroutine uses it, any may call Close.
type Publisher interface {
	// Publish hands the server one message. It may return before the server has read it.
	Publish(topic string, payload []byte) error
	// Sync waits until the server has accepted everything published before, and returns how many messages that is.
	Sync(ctx context.Context) (int64, error)
	// Close ends the stream, without waiting for the server; a Publish under way returns an error.
	Close() error
}

// Complainer is a Publisher that learns of refused messages when others have been published since.
type Complainer interface {
	// Complain says whom to tell. It is called before the first Publish; what it is given may be called by any goroutine until Close has returned.
	Complain(to func(error))
}

// Batch is what one read or one response brought.
type Batch struct {
	Messages [][]byte
	// Received is the instant right after the read that completed the batch.
	Received time.Time
	// Missed is how many messages the server said it can no longer deliver.
	Missed int64
	// Reset is true if the server said that its log is another than the one the session stood in: what that still held is gone, uncounted.
	Reset bool
	// Carried is how many bytes each message took on the wire, where they came compressed; empty where each took as many as it has. See Carry.
	Carried []int64
	// Room is where a target may keep what it unpacked.
	Room []byte
	// Failed is what went wrong since the batch before and did not end the session, which goes on after a wait.
	Failed error

	// events is the receiver's scratch: which event of the schedule each message was.
	events []identified
}

// Carry says that the messages from one on came in so many bytes, compressed. Each has its share of them by its length; what stood between them is in there, as
// nobody can tell it apart.
func (b *Batch) Carry(from int, bytes int64) {
	var all, before, given int64
	for _, m := range b.Messages[from:] {
		all += int64(len(m))
	}
	for _, m := range b.Messages[from:] {
		before += int64(len(m))
		share := bytes*before/max(all, 1) - given
		given += share
		b.Carried = append(b.Carried, share)
	}
}

// carried is what message i took on the wire, if it has so many bytes.
func (b *Batch) carried(i int, size uint32) int64 {
	if i < len(b.Carried) {
		return b.Carried[i]
	}
	return int64(size)
}

// Traffic counts what passed a session's sockets.
type Traffic struct {
	// Sent and Received are bytes at the sockets.
	Sent, Received int64
	// Buffered bytes were received but belong to no message delivered yet.
	Buffered int64
	// Handshake bytes, of those above, opened the session or its connections.
	Handshake                               int64
	Connections, Requests, Responses, Empty int64
	// Parts says what the bytes beyond payload and handshakes went into.
	Parts Parts
}

// Parts are what a session's bytes went into, beside payload, framing and handshakes. See [results.OverheadParts].
type Parts struct {
	// Known is false for a target that does not tell: then the books do not either.
	Known                    bool
	Headers, TLS, EmptyPolls int64
}

func (p Parts) add(o Parts) Parts {
	return Parts{p.Known || o.Known, p.Headers + o.Headers, p.TLS + o.TLS, p.EmptyPolls + o.EmptyPolls}
}

// spent is the bytes that messages delivered so far have taken.
func (t Traffic) spent() int64 { return t.Sent + t.Received - t.Buffered - t.Handshake }

// Plus is the sum of both.
func (t Traffic) Plus(o Traffic) Traffic {
	t.add(o)
	return t
}

func (t *Traffic) add(o Traffic) {
	t.Sent += o.Sent
	t.Received += o.Received
	t.Handshake += o.Handshake
	t.Connections += o.Connections
	t.Requests += o.Requests
	t.Responses += o.Responses
	t.Empty += o.Empty
	t.Parts = t.Parts.add(o.Parts)
}
