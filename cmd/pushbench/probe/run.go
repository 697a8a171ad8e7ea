package probe

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Probe is a probe that was told what to do. Make one with New; it runs once.
type Probe struct {
	path   *Path
	checks []Check
}

// New checks what a probe is told. Its errors are the caller's fault, and do not repeat the URL.
func New(o Options) (*Probe, error) {
	p, err := newPath(o)
	if err != nil {
		return nil, err
	}
	return &Probe{path: p, checks: checks}, nil
}

// UnreachableError says that there was nothing to probe: nobody answered, or nothing that is HTTP.
type UnreachableError struct {
	Target string
	reason string
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach %s: %s", e.Target, e.reason)
}

// Run probes. Its error is an *UnreachableError; a probe that was interrupted returns what it has found so far.
func (pr *Probe) Run(ctx context.Context) (*Report, error) {
	p, began := pr.path, time.Now()
	defer p.close() // a second time it does nothing
	if err := p.greet(ctx); err != nil {
		return nil, &UnreachableError{shown(p.url), p.mask.clean(endingOf(err).How)}
	}
	findings := pr.perform(ctx, pr.possible(ctx))
	p.close() // sessions count what they took when they end
	r := p.report(findings, began)
	r.Interrupted = ctx.Err() != nil
	return r, nil
}

// possible is the checks that the first connection leaves possible. Most need a session of each transport, which it opens.
func (pr *Probe) possible(ctx context.Context) []Check {
	p := pr.path
	switch {
	case p.hello.refused != nil:
		return onlyCertificate
	case p.hello.onlyHTTP2:
		return onlyHTTP2
	}
	for _, t := range Transports {
		began := time.Now()
		p.opened[t] = p.service.open(ctx, p, t)
		p.opened[t].At = began
	}
	return pr.checks
}

// perform carries out the checks: those that wait beside the others, which take turns. The findings are in the checks' order.
func (pr *Probe) perform(ctx context.Context, checks []Check) []Finding {
	found := make([][]Finding, len(checks))
	var waiting sync.WaitGroup
	for i, c := range checks {
		if c.Long {
			waiting.Go(func() { found[i] = pr.one(ctx, c) })
			continue
		}
		if c.Harvest {
			waiting.Wait()
		}
		found[i] = pr.one(ctx, c)
	}
	waiting.Wait()
	var all []Finding
	for _, f := range found {
		all = append(all, f...)
	}
	return all
}

func (pr *Probe) one(ctx context.Context, c Check) []Finding {
	progress := pr.path.options.Progress
	if progress == nil {
		progress = func(string, bool) {}
	}
	progress(c.Name, false)
	defer progress(c.Name, true)
	return c.run(ctx, pr.path)
}

// report puts everything together, without secrets.
func (p *Path) report(findings []Finding, began time.Time) *Report {
	for i := range findings {
		findings[i] = p.mask.cleanFinding(findings[i])
	}
	speaks := unknown{}.speaks()
	if p.service != nil {
		speaks = p.service.speaks()
	}
	proxies := betrayed(p.harvest())
	for i := range findings {
		preferProducts(findings[i].Change, proxies)
	}
	return &Report{
		Schema: Schema, Tool: p.options.Tool, Target: shown(p.url), Speaks: speaks,
		Started: began, TookSeconds: seconds(time.Since(began)), IdleBoundSeconds: seconds(p.idle),
		Connections: p.connections, Requests: p.requests, Published: p.published, SentBytes: p.sent.Load(), ReceivedBytes: p.received.Load(),
		Proxies: proxies, Health: healths(findings), Findings: findings,
	}
}

// seconds rounds to the microsecond.
func seconds(d time.Duration) float64 { return d.Round(time.Microsecond).Seconds() }
