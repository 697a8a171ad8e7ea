package probe

// checks are all checks in the order of the report. Those that need a session quiet come after those that use it, and those that look at all answers last.
var checks = []Check{
	reach,
	encrypted,
	http2,
	resumption,
	upgrade,
	delivery,
	buffering,
	idleWebSocket,
	idlePinged,
	idleLongPoll,
	idleSSE,
	keepAliveIdle,
	keepAlive,
	headerSize,
	compression,
	latency,
	sticky,
	proxies,
}
