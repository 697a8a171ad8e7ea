// Package observe compares two transports of a server on which nobody may publish: it subscribes to live topics over both at once and pairs the messages
// that both bring.
//
//	sessions (one for each topic and transport) → arrivals (key, side, instant) → Pairer → differences, lateness, counts → Report
//
// # What is measured
//
// A message is known by its [Key], something that it says of itself. Of a message that came over both transports the difference of the two arrivals is
// recorded, with its sign: it needs no publisher's clock, only the one of this process. Absolute latency is not known here and never printed. A message that
// only one transport brought within the wait is counted as lost by the other.
//
// # Where counting begins and ends
//
// The two sessions of a topic do not begin at the same instant, so what one brought before the first message that both brought is not held against the
// other: the first pair is where the two streams meet. At the end no new message is counted, and what is still awaited is waited for. After an interruption
// what was awaited for less than the wait is neither paired nor lost, but undecided.
//
// # Bounds
//
// An arrival costs one entry of a table until the wait has passed, whether its partner came or not, and there are at most [DefaultLimit]; differences go into
// histograms. So memory does not grow with the length of a stream.
package observe
