// Package probe finds out what the path to a server does to each transport: whether an upgrade survives it, when it cuts what is silent, whether it keeps
// connections, holds answers back, compresses them or spreads them over several backends; and says what to change.
//
//	Run(ctx, Options) → Report → Text, Markdown, JSON
//
// # From the path to a finding
//
//	a Check:  try (bytes on a few connections) → an observation → judge (pure) → Findings
//
// A check is two functions. try uses the [Path], which dials, counts and bounds everything, and returns plain data: what was asked and what came when.
// judge turns that into [Finding]s and touches no socket, so each of its sentences is tested with made-up observations. One file for each group of checks;
// list.go has them in order. The settings that findings recommend are one table, advice.go.
//
// Most checks take milliseconds and are carried out one after the other, so that none disturbs another. Those that wait for silence to be cut all begin
// at once, each on a connection of its own, and go on beside them: the whole takes little longer than the bound of that wait.
//
// # What is known of the server
//
// A path is judged by what a server behind it is known to do; a [service] says how it is spoken to. The reference server's protocol is recognised, any
// other server is described by a target file. Of one that is neither only what needs no knowledge is tried, and the report says what was not.
//
// # Manners
//
// The probe opens fewer than twenty connections and sends nothing but GET requests and a few messages on a topic of its own. It follows no redirect. What
// it was given as a secret (credentials and queries of URLs, values of header fields, cookies) is masked in everything it prints, also where a server
// repeats it. Everything that a server sends is bounded in bytes and time.
//
// # Rejected
//
//   - net/http's client: it retries, follows and pools by itself, which is what shall be seen here. Requests are written and answers read on connections
//     of our own; net/http only parses their heads.
//   - Asking the proxy for its configuration: the path may have several, not all known. What counts is what comes out at this end.
package probe
