package target

import (
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

// What a client sends to the application reaches its subscription, and the client itself gets none of it: only what is published to its own topic.
func TestAClientSendsToTheApplication(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		f := start(t, kind, transport, nil)
		application, err := f.target.Listen(deadline(t), "u000003")
		if err != nil {
			t.Fatal(err)
		}
		c, err := f.target.Open(deadline(t), loadgen.ClientSpec{Transport: transport, Topic: "t000001", Sends: true, SendsTo: "u000003"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			up, down := message(i, 60), message(100+i, 70)
			cost, err := c.Send(up)
			if err != nil {
				t.Fatal(err)
			}
			checkSendCost(t, transport, cost, len(up))
			f.publish(f.publisher(), down)
			expect(t, c, down)
			b, err := application.Receive()
			if err != nil || len(b.Messages) != 1 || string(b.Messages[0]) != string(up) || b.Received.After(time.Now()) {
				t.Fatalf("the application has %+v (%v), want the message of %d bytes", b, err, len(up))
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := application.Close(); err != nil {
			t.Error(err)
		}
		if _, err := application.Receive(); err == nil {
			t.Error("a closed subscription receives")
		}
	})
}

// Close ends a subscription that waits.
func TestCloseEndsASubscription(t *testing.T) {
	f := start(t, loadgen.Lean, scenarios.WebSocket, nil)
	application, err := f.target.Listen(deadline(t), "u")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := application.Receive()
		ended <- err
	}()
	if err := application.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("Receive returned without an error")
	}
}
