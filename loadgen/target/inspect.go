package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/results"
	"pushbench/server/api"
)

var _ loadgen.Inspector = (*Reference)(nil)

// Inspect implements loadgen.Inspector with GET /stats, on a connection that is neither metered nor delayed.
func (t *Reference) Inspect(ctx context.Context) (results.InjectedCounts, error) {
	stats, err := t.stats(ctx)
	if err != nil {
		return results.InjectedCounts{}, fmt.Errorf("ask the server for its statistics: %w", err)
	}
	made := stats.Injection
	if made == nil {
		return results.InjectedCounts{}, errors.New("the server makes no faults: it was started without --inject")
	}
	return results.InjectedCounts{
		Dropped: int64(made.Dropped), Duplicated: int64(made.Duplicated), Reordered: int64(made.Reordered),
		Delayed: int64(made.Delayed), Stalls: int64(made.Stalls),
	}, nil
}

func (t *Reference) stats(ctx context.Context) (s api.Stats, err error) {
	request, err := wire.NewRequest(wire.RequestSpec{Host: t.host, Target: "/stats"})
	if err != nil {
		return s, err
	}
	conn, err := t.dialBeside(ctx)
	if err != nil {
		return s, err
	}
	defer conn.Close()
	stop := closeWith(ctx, conn)
	defer stop()
	var answer wire.Response
	c := wire.NewHTTPConn(conn, t.options)
	if err := c.Do(request.Append(nil, nil, nil), &answer); err != nil {
		return s, err
	}
	defer c.Release()
	if answer.Status != http.StatusOK {
		return s, fmt.Errorf("it answered with status %d", answer.Status)
	}
	return s, json.Unmarshal(answer.Body, &s)
}
