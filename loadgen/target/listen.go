package target

import (
	"context"
	"fmt"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

var _ loadgen.Listener = (*Reference)(nil)

// Listen implements loadgen.Listener: a WebSocket subscription, neither metered nor delayed, and with no header fields but the protocol's.
func (t *Reference) Listen(ctx context.Context, topic string) (loadgen.Subscription, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	conn, err := t.dialBeside(ctx)
	if err != nil {
		return nil, err
	}
	target := webSocketTarget(loadgen.ClientSpec{Transport: scenarios.WebSocket, Topic: topic})
	upgraded, _, err := upgrade(ctx, conn, wire.UpgradeRequest{Host: t.host, Target: target}, t.options)
	if err != nil {
		return nil, fmt.Errorf("open a subscription: %w", err)
	}
	return &webSocket{reach: t.reach, speaks: &referenceFrames{}, conn: upgraded}, nil
}
